import { answers } from '../api/protocol.ts';
import { loadSettings, type Surroundings } from '../config.ts';
import { asSandboxError } from '../model/errors.ts';
import type { Context } from './command.ts';
import { commands } from './commands.ts';
import { everywhere, fileFlags } from './flags.ts';
import { createOutput, type Output, type Streams } from './output.ts';
import { noCommand, type Parsed, parse } from './parser.ts';

export interface CliParts {
  streams: Streams;
  around: Surroundings;
  version: string;
  /** The words that start this program. */
  program: Context['program'];
  interruption: Context['interruption'];
}

/** Does what the arguments say and answers the exit code; every error ends here, as a sentence on stderr. */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<number> {
  let out = createOutput(parts.streams, wantsJson(argv, parts.around));
  try {
    const parsed = parse(argv, commands, parts.version);
    if ('text' in parsed) {
      if (argv.length === 0 && out.json) throw noCommand();
      await out.raw(parsed.text);
      return argv.length === 0 ? answers.invalid.exit : 0;
    }
    const context = await contextOf(parsed, { ...parts, out });
    out = context.out;
    const run = await parsed.command.load();
    return (await run(context)) ?? 0;
  } catch (error) {
    const extra = error instanceof Error && 'output' in error ? { output: error.output } : {};
    out.error(error, extra);
    return answers[asSandboxError(error).code].exit;
  }
}

/** What a parsed command line works with; `scripts/start.ts` begins here too. */
export async function contextOf(parsed: Parsed, parts: CliParts & { out?: Output }): Promise<Context> {
  const { command, args, given } = parsed;
  const { around, streams } = parts;
  const settings = await loadSettings({ flags: [...command.flags, ...everywhere], given, inFile: fileFlags, around });
  return {
    args,
    settings,
    out: createOutput(streams, settings.on('json')),
    around,
    version: parts.version,
    program: parts.program,
    commands,
    interruption: parts.interruption,
    connect: async () => {
      const { connect } = await import('../daemon/background.ts');
      return connect(settings.dataDir);
    },
  };
}

/** Before the arguments are understood, and should they not be. */
const wantsJson = (argv: readonly string[], { env }: Surroundings): boolean =>
  argv.includes('--json') || ['1', 'true', 'yes', 'on'].includes((env.OSCAR_SANDBOX_JSON ?? '').toLowerCase());
