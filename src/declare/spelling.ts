/** The known word that a misspelt one was meant to be, if one is near enough. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (written.length > 60) return undefined;
  const folded = fold(written);
  let best: { word: string; distance: number } | undefined;
  for (const word of known) {
    const distance = editDistance(folded, fold(word));
    if (!best || distance < best.distance) best = { word, distance };
  }
  return best && best.distance <= Math.max(1, Math.floor(written.length / 3)) ? best.word : undefined;
}

/** `minScale`, `min-scale` and `MIN_SCALE` are one word. */
const fold = (word: string): string => word.replace(/[-_ ]/g, '').toLowerCase();

/** Letters to add, drop, change or swap until one word is the other. */
export function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      let cost = Math.min(cell(row, j) + 1, cell(next, j - 1) + 1, cell(row, j - 1) + same);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) cost = Math.min(cost, cell(before, j - 2) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return cell(row, to.length);
}

const cell = (row: number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
