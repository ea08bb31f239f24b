import { type LoadCommand, type MachO, shortSpan } from './layout.ts';
import { command, end, linkeditParts, range, type Span, within } from './numbers.ts';

const symbolSize = 16;

/** What is wrong with __LINKEDIT, a sentence each: it ends the file, and its parts lie in it, before the signature. */
export function linkeditFindings(bytes: Buffer, macho: MachO): string[] {
  const linkedit = macho.segments.find((one) => one.name === '__LINKEDIT')?.file;
  if (!linkedit) return ['It has no segment __LINKEDIT.'];
  const stop = macho.signature?.offset ?? end(linkedit);
  const place = { offset: linkedit.offset, size: stop - linkedit.offset };
  const outside = namedParts(bytes, macho.commands).filter(({ span }) => span.size > 0 && !within(span, place));
  const found = outside.map(({ name, span }) => `${name} lie at ${range(span)}, outside __LINKEDIT (${range(place)}).`);
  return end(linkedit) === bytes.length
    ? found
    : [...found, `__LINKEDIT ends at ${end(linkedit)}, the file at ${bytes.length}.`];
}

function namedParts(bytes: Buffer, commands: LoadCommand[]): { name: string; span: Span }[] {
  return commands.flatMap(({ kind, at }) => {
    if (kind === command.symbols) return symbolParts(bytes, at);
    const part = linkeditParts.get(kind);
    return (part?.at ?? []).map((offset) => ({ name: part?.name ?? '', span: shortSpan(bytes, at + offset) }));
  });
}

function symbolParts(bytes: Buffer, at: number): { name: string; span: Span }[] {
  const symbols = shortSpan(bytes, at + 8);
  return [
    { name: 'The symbols', span: { offset: symbols.offset, size: symbols.size * symbolSize } },
    { name: 'The names of symbols', span: shortSpan(bytes, at + 16) },
  ];
}
