// What a terminal obeys, or turns round, in place of showing it.
const obeyed = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** One line of a text that somebody else wrote, as a terminal may be given it. */
export function visible(line: string, most = 100): string {
  const cut = line.length > most ? `${line.slice(0, most - 1)}…` : line;
  return cut.replaceAll('\t', '  ').replace(obeyed, '�');
}

/**
 * The same without what may be a password in an address: whatever is before its last `@`, for a password may have slashes,
 * blanks and further `@` in it.
 */
export function withoutLogin(text: string, most?: number): string {
  const start = text.indexOf('//');
  const end = text.lastIndexOf('@');
  return visible(start >= 0 && start < end ? `${text.slice(0, start)}//…${text.slice(end)}` : text, most);
}
