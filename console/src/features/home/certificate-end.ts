//! How near the end of an uploaded certificate is. Nobody renews it but people.

const DAY = 86_400_000;

/** So many days before its end it is worth a word, and then a louder one. */
const EARLY = 30;
const LATE = 7;

export interface CertificateEnd {
  /** Whole days that are left, the begun one counted; 0 and less: it is over. */
  days: number;
  tone: "yellow" | "orange" | "red";
}

/** `undefined`: none was uploaded, or it lasts long enough. */
export function certificateEnd(
  end: string | null | undefined,
  now: number,
): CertificateEnd | undefined {
  if (!end) return undefined;
  const days = Math.ceil((new Date(end).getTime() - now) / DAY);
  if (days > EARLY) return undefined;
  return { days, tone: days <= 0 ? "red" : days <= LATE ? "orange" : "yellow" };
}
