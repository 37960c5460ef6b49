/** Where the launchers say what they do: one line of text, without its newline. */
export type Log = (line: string) => void;
