import type { Flag } from '../../config.ts';
import { SandboxError } from '../../model/errors.ts';
import { argument, type Command, type Run } from '../command.ts';
import { everywhere } from '../flags.ts';

const program = 'oscar-sandbox';

/** Prints the completion script of a shell, made from the commands as they are. */
export const completion: Run = async (context) => {
  const shell = argument(context, 0);
  const write = writers[shell];
  if (!write) {
    throw new SandboxError('invalid', `There is no completion for ${shell}.`, { hint: 'Write bash, zsh or fish.' });
  }
  const script = write(context.commands.filter(({ hidden }) => !hidden));
  context.out.value({ shell, script }, script.trimEnd());
  return 0;
};

const flagsOf = ({ flags }: Command): Flag[] => [...flags, ...everywhere];
const spelled = ({ name, short }: Flag): string[] => [`--${name}`, ...(short ? [`-${short}`] : [])];

const writers: Record<string, (commands: Command[]) => string> = { bash, zsh, fish };

// Where no flag or command fits, all three shells offer file names.
function bash(commands: Command[]): string {
  const cases = commands.map(
    (command) => `    ${command.name}) flags='${flagsOf(command).flatMap(spelled).join(' ')}' ;;`,
  );
  return `_oscar_sandbox() {
  local word=\${COMP_WORDS[COMP_CWORD]} command='' flags='--json --data-dir --help --version' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    --data-dir) ((i++)) ;;
    -*) ;;
    *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command in
    '') flags="$flags ${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=()
  if [[ $word == -* || -z $command ]]; then
    COMPREPLY=($(compgen -W "$flags --help" -- "$word"))
  elif [[ $command == completion ]]; then
    COMPREPLY=($(compgen -W 'bash zsh fish' -- "$word"))
  fi
}
complete -o default -F _oscar_sandbox ${program}
`;
}

function zsh(commands: Command[]): string {
  const clean = (text: string) => text.replaceAll("'", "'\\''").replace(/[[\]:]/g, '\\$&');
  const spec = (flag: Flag) =>
    spelled(flag).map((name) => `'${name}[${clean(flag.about)}]${flag.kind === 'switch' ? '' : ':value:_files'}'`);
  const cases = commands.map(
    (command) => `    ${command.name}) _arguments ${flagsOf(command).flatMap(spec).join(' ')} '*:file:_files' ;;`,
  );
  return `#compdef ${program}
_oscar_sandbox() {
  local -a commands=(
${commands.map(({ name, about }) => `    '${name}:${clean(about)}'`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=\${words[2]}
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
compdef _oscar_sandbox ${program}
`;
}

function fish(commands: Command[]): string {
  const clean = (text: string) => text.replace(/[\\']/g, '\\$&');
  const flagLine = (condition: string) => (flag: Flag) =>
    `complete -c ${program} -n '${condition}' -l ${flag.name}${flag.short ? ` -s ${flag.short}` : ''}` +
    `${flag.kind === 'switch' ? '' : ' -r'} -d '${clean(flag.about)}'`;
  const lines = commands.flatMap((command) => [
    `complete -c ${program} -n __fish_use_subcommand -f -a ${command.name} -d '${clean(command.about)}'`,
    ...flagsOf(command).map(flagLine(`__fish_seen_subcommand_from ${command.name}`)),
  ]);
  return `${lines.join('\n')}\n`;
}
