/**
 * The keys of a catalogue, with any text. Where the source language needs one
 * form (`n_other`), another language may add the singular (`n_one`).
 */
export type Shape<T> = {
  readonly [K in keyof T]: T[K] extends string ? string : Shape<T[K]>;
} & {
  readonly [K in keyof T as K extends `${infer Base}_other` ? `${Base}_one` : never]?: string;
};
