/** Something to say about a place in a file: what is wrong there, and what to write instead. */
export interface Diagnostic {
  file: string;
  /** Both count from 1. */
  line: number;
  column: number;
  message: string;
  hint: string;
  /** The line itself. */
  snippet: string;
}

/** Something wrong at an offset of a text, and what to write instead. */
export interface Flaw {
  at: number;
  message: string;
  hint: string;
}

/** A rule that a definition breaks, and where in it. */
export interface Finding {
  path: (string | number)[];
  message: string;
  hint: string;
  /** It is served all the same. */
  warning?: true;
}

/** A text whose places can be pointed at. */
export interface SourceText {
  path: string;
  text: string;
  /** What to say about the character at this offset. */
  at(offset: number, message: string, hint: string): Diagnostic;
}

/** Lines end as in Unix, so that offsets, lines and columns are those that an editor shows. */
export function sourceText(path: string, written: string): SourceText {
  const text = written.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const at = (offset: number, message: string, hint: string): Diagnostic => {
    const place = Math.max(0, Math.min(offset, text.length));
    const start = text.lastIndexOf('\n', place - 1) + 1;
    const end = text.indexOf('\n', place);
    const line = text.slice(0, start).split('\n').length;
    const snippet = text.slice(start, end < 0 ? undefined : end);
    return { file: path, line, column: place - start + 1, message, hint, snippet };
  };
  return { path, text, at };
}

/** `file:line:column: message` with the line and the hint below, as a terminal shows it. */
export function formatDiagnostic(it: Diagnostic): string {
  const pointer = `${' '.repeat(it.column - 1)}^`;
  return `${it.file}:${it.line}:${it.column}: ${it.message}\n  ${it.snippet}\n  ${pointer}\n  ${it.hint}`;
}
