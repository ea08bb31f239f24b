import { contentStart, type MachO, type Segment } from './layout.ts';
import { linkeditFindings } from './linkedit.ts';
import { end, memoryPage, range, within } from './numbers.ts';

/** What is wrong with how the parts of a Mach-O lie in it, a sentence each: what a kernel or a loader would stumble over. */
export function structureFindings(bytes: Buffer, macho: MachO): string[] {
  const { segments } = macho;
  return [
    ...segments.flatMap((one) => segmentFindings(one, bytes.length, memoryPage[macho.cpu])),
    ...overlaps(segments, 'file'),
    ...overlaps(segments, 'memory'),
    ...headerFindings(macho),
    ...linkeditFindings(bytes, macho),
    ...(macho.kind === 'program' ? entryFindings(macho) : []),
    ...(macho.minimum ? [] : ['It does not say which macOS it needs.']),
  ];
}

function segmentFindings({ name, file, memory }: Segment, length: number, page: number): string[] {
  const found: string[] = [];
  if (end(file) > length) found.push(`${name} lies at ${range(file)} in a file of ${length} bytes.`);
  if (file.size > memory.size) found.push(`${name} has ${file.size} bytes for ${memory.size} bytes of memory.`);
  if (memory.offset % page !== 0 || (file.size > 0 && file.offset % page !== 0))
    found.push(`${name} does not begin at a page of ${page} bytes.`);
  return found;
}

function overlaps(segments: Segment[], where: 'file' | 'memory'): string[] {
  const lying = segments.filter((one) => one[where].size > 0).sort((a, b) => a[where].offset - b[where].offset);
  return lying.flatMap((one, index) => {
    const before = lying[index - 1];
    if (!before || end(before[where]) <= one[where].offset) return [];
    return [`${before.name} and ${one.name} overlap in ${where === 'file' ? 'the file' : 'memory'}.`];
  });
}

function headerFindings(macho: MachO): string[] {
  const { segments, commandsEnd } = macho;
  const first = contentStart(macho);
  const found =
    commandsEnd > first ? [`The load commands end at ${commandsEnd}, the first section begins at ${first}.`] : [];
  const text = segments.find((one) => one.name === '__TEXT');
  if (!text) return [...found, 'It has no segment __TEXT.'];
  return within({ offset: 0, size: commandsEnd }, text.file)
    ? found
    : [...found, '__TEXT does not hold the load commands.'];
}

function entryFindings({ entry, segments, commandsEnd }: MachO): string[] {
  const text = segments.find((one) => one.name === '__TEXT');
  if (entry === undefined) return ['It does not say where the program begins.'];
  if (text && entry >= commandsEnd && entry < end(text.file)) return [];
  return [`The program begins at ${entry}, outside the code.`];
}
