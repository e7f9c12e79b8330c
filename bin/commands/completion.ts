// `m2m completion`: a script for the shell that completes commands and their options, made of what the program itself knows. It asks nothing of
// AWS: a Tab must not wait, nor need credentials.
import { Argument, type Command } from 'commander'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

interface Known {
  readonly name: string
  readonly description: string
  readonly options: readonly string[]
}

const optionsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ long, hidden }) => (long === undefined || long === null || hidden ? [] : [long])),
  '--help',
]

const known = (program: Command): readonly Known[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description().split('\n')[0] ?? '',
    options: [...optionsOf(command), ...command.commands.map((inner) => inner.name())],
  }))

const bash = (program: Command): string =>
  `_m2m() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" each
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$each" in -*) ;; *) command="$each"; break ;; esac
  done
  case "$command" in
${known(program)
  .map(({ name, options }) => `    ${name}) COMPREPLY=($(compgen -W '${options.join(' ')}' -- "$word")) ;;`)
  .join('\n')}
    *) COMPREPLY=($(compgen -W '${[...program.commands.map((command) => command.name()), ...optionsOf(program)].join(' ')}' -- "$word")) ;;
  esac
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -F _m2m m2m
`

const quoted = (text: string): string => `'${text.replaceAll("'", '’')}'`

const fish = (program: Command): string =>
  [
    ...known(program).flatMap(({ name, description, options }) => [
      `complete -c m2m -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
      ...options.map((option) =>
        option.startsWith('--')
          ? `complete -c m2m -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`
          : `complete -c m2m -n '__fish_seen_subcommand_from ${name}' -f -a ${option}`,
      ),
    ]),
    '',
  ].join('\n')

const scripts: Readonly<Record<Shell, (program: Command) => string>> = {
  bash,
  zsh: (program) => `autoload -U +X bashcompinit && bashcompinit\n${bash(program)}`,
  fish,
}

export const addCompletion = (program: Command): void => {
  program
    .command('completion')
    .description('print a script that completes commands and options: eval "$(m2m completion bash)"')
    .addArgument(new Argument('<shell>', 'whose').choices(shells))
    .action((shell: Shell) => {
      process.stdout.write(scripts[shell](program))
    })
}
