import type { RowData } from "@tanstack/react-table";
import type { ReactNode } from "react";
import type { Page } from "../api/client";
import type { PageQuery } from "./all";

/** A column of a list. */
export interface Column<T> {
  /** In the address, so it stays the same for good. */
  id: string;
  label: string;
  cell: (row: T) => ReactNode;
  /** For CSV and for the accessible name of a row. */
  text: (row: T) => string;
  /** Not shown unless asked for. */
  hidden?: boolean;
  /** Says which row it is: always shown, the head of a card on a phone. */
  primary?: boolean;
  /** Holds buttons only: nothing for a file. */
  buttons?: boolean;
  /** Holds sentences: may take several lines. */
  wide?: boolean;
  align?: "right";
  minWidth?: number;
  /** The server's word by which the list can be sorted. */
  sort?: string;
}

export interface Option {
  value: string;
  label: string;
}

/** A condition, with the words that the server knows. */
export interface Filter {
  id: string;
  label: string;
  options?: Option[];
  /** An instant instead of a word. */
  kind?: "time";
}

/** Something that can be done to a row, or to all selected ones. */
export interface RowAction<T> {
  id: string;
  label: string;
  icon: ReactNode;
  danger?: boolean;
  /** What will happen. */
  explain: string;
  /** Rows that it makes sense for. */
  applies?: (row: T) => boolean;
  /** Why other rows are left out. */
  otherwise?: string;
  reason?: "required" | "optional";
  /** A whole number that is asked for, the same for all rows. */
  amount?: { label: string; hint: string; suffix: string; min: number; max: number; start: number };
  /** A field for what has to be chosen first, e.g. a person; the same for all rows. */
  choice?: (value: string | null, onChange: (value: string | null) => void) => ReactNode;
  /** What the server says would happen, before anything is done. */
  preview?: (rows: T[], given: Given) => Promise<Preview>;
  run: (row: T, given: Given) => Promise<unknown>;
}

/** What was given for an action, the same for all its rows. */
export interface Given {
  /** Empty if there is none. */
  reason: string;
  amount: number;
  /** Empty if nothing is to be chosen. */
  choice: string;
}

/** How many rows would change, are so already, or would be refused. */
export interface Preview {
  changed: number;
  unchanged: number;
  refused: number;
  /** So many rows were looked at, where it was not all of them. */
  looked?: number;
  /** What else would happen. */
  notes?: string[];
  /** Which rows would be refused, and why. */
  refusals?: { row: string; why: string }[];
}

export interface ListProps<T extends RowData> {
  /** Under which its rows are kept; what changes such objects invalidates it. */
  name: string;
  /** What the rows are, for labels. */
  what: string;
  columns: Column<T>[];
  filters?: Filter[];
  /** Conditions that the page itself sets. */
  fixed?: Record<string, string>;
  read: (
    query: PageQuery & { q?: string } & Record<string, string | number | undefined>,
    signal: AbortSignal,
  ) => Promise<Page<T>>;
  /** Where the server writes the list as a file, and puts that on record. */
  csv?: string;
  rowId: (row: T) => string;
  actions?: RowAction<T>[];
  /** The menu of one row, where it is more or other than the actions. */
  rowVerbs?: (row: T, actions: ReactNode) => ReactNode;
  onOpen?: (row: T) => void;
  searchable?: boolean;
  /** What to say and offer when there is nothing at all. */
  empty: ReactNode;
  refreshEvery?: number;
  /** Whether what it shows can be saved under a name; not a list that is part of a page. */
  views?: boolean;
  /** Whether it says how many there are; not where counting would read for long. */
  counted?: boolean;
}
