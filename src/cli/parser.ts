import { type Argument, CommanderError, Option, Command as Parser } from 'commander';
import type { Flag } from '../config.ts';
import { SandboxError } from '../model/errors.ts';
import type { Command } from './command.ts';
import { everywhere } from './flags.ts';

/** A command line, understood. */
export interface Parsed {
  command: Command;
  args: (string | string[] | undefined)[];
  /** What flags say, by their names. */
  given: Record<string, unknown>;
}

/** Help or a version was asked for: this is it. */
export interface Answered {
  text: string;
}

/** Reads the arguments; what is wrong with them is an `invalid` that says what to write instead. */
export function parse(argv: readonly string[], commands: readonly Command[], version: string): Parsed | Answered {
  let parsed: Parsed | undefined;
  let text = '';
  const program = createParser(commands, version, (found) => {
    parsed = found;
  });
  for (const one of [program, ...program.commands]) {
    one.exitOverride().configureOutput({
      writeOut: (part) => (text += part),
      writeErr: () => undefined,
      outputError: () => undefined,
    });
  }
  try {
    if (argv.length === 0) return { text: program.helpInformation() };
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.help') throw noCommand();
    if (error.exitCode !== 0) throw usageError(error, program.name());
  }
  return parsed ?? { text };
}

function createParser(commands: readonly Command[], version: string, found: (parsed: Parsed) => void): Parser {
  const program = new Parser('oscar-sandbox')
    .description('The whole OSCAR serverless platform on this machine.')
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (child) => [child.name(), ...child.registeredArguments.map(termOf)].join(' '),
      subcommandDescription: (child) => child.description().split(/[;:]/)[0]?.replace(/\.$/, '') ?? '',
    })
    .addHelpText('after', '\nEach flag can be set in the environment too: --s3-port is OSCAR_SANDBOX_S3_PORT.');
  for (const flag of everywhere) program.addOption(optionOf(flag));
  for (const command of commands) {
    const child = program
      .command(`${command.name} ${command.parameters.join(' ')}`.trim(), { hidden: command.hidden === true })
      .description(command.about)
      .configureHelp({ showGlobalOptions: true })
      .action((...all: unknown[]) => {
        const args = all.slice(0, command.parameters.length) as Parsed['args'];
        found({ command, args, given: { ...givenTo(program), ...givenTo(child) } });
      });
    for (const flag of command.flags) child.addOption(optionOf(flag));
    if (command.usage) child.usage(`[options] ${command.usage}`);
    if (command.examples) child.addHelpText('after', `\nExamples:\n  ${command.examples.join('\n  ')}`);
  }
  return program;
}

const termOf = (argument: Argument): string => {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
};

function optionOf(flag: Flag): Option {
  const value = flag.kind === 'switch' ? '' : ` <${flag.value ?? 'value'}>`;
  const standard = flag.default === undefined || flag.default === '' ? '' : ` (default: ${flag.default})`;
  const option = new Option(`${flag.short ? `-${flag.short}, ` : ''}--${flag.name}${value}`, flag.about + standard);
  if (flag.kind === 'list') {
    option.argParser((one: string, before: string[] | undefined) => [...(before ?? []), one]);
  }
  return option;
}

function givenTo(parser: Parser): Record<string, unknown> {
  const values = parser.opts<Record<string, unknown>>();
  const set = parser.options.flatMap((option) => {
    const attribute = option.attributeName();
    if (parser.getOptionValueSource(attribute) !== 'cli') return [];
    return [[option.long?.slice(2), option.negate ? values[attribute] === false : values[attribute]]];
  });
  return Object.fromEntries(set) as Record<string, unknown>;
}

/** Flags alone say nothing that could be done. */
export const noCommand = (): SandboxError =>
  new SandboxError('invalid', 'No command was given.', { hint: '`oscar-sandbox --help` lists the commands.' });

function usageError({ message }: CommanderError, program: string): SandboxError {
  const [, sentence = message, suggestion] = /^error: (.*?)(?:\n\((.*)\))?$/s.exec(message) ?? [];
  return new SandboxError('invalid', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, {
    hint: suggestion ?? `\`${program} --help\` lists the commands, \`${program} COMMAND --help\` their flags.`,
  });
}
