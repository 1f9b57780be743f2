import { readFileSync } from 'node:fs'

import { Argument, Command, CommanderError } from 'commander'

import { candidateLines, candidatesFor, completionScript, passedOptions, type Shell, shells } from './completion.ts'
import { asciiOnly, ConfigurationError } from './problem.ts'

/** Functions that a program prints with; a text may have several lines. */
export interface Output {
  /** @default console.log */
  readonly print?: ((text: string) => void) | undefined
  /** @default console.error */
  readonly printError?: ((text: string) => void) | undefined
}

/** Name and description of a program. */
export interface ProgramDescription extends Output {
  readonly name: string
  readonly about: string
  /** The text after the name in the first line of the help. @default '[options] [command]' */
  readonly usage?: string
  /** Lines with a command and what it does, at the end of the help. @default none */
  readonly examples?: string
  /** `package.json` of the program, for `--version`. */
  readonly packageFile: URL
}

/** 0 done, 1 failed, 2 the call or the settings cannot be used. */
export type ExitCode = 0 | 1 | 2

/** The command line of a program. */
export interface CommandLine {
  /** Takes options, arguments and subcommands. */
  readonly program: Command
  /** Turns a function that returns the exit code into the action of a command. */
  readonly action: <Args extends unknown[]>(
    run: (...args: Args) => ExitCode | Promise<ExitCode>,
  ) => (...args: Args) => Promise<void>
  /** Parses the arguments after the name of the program and runs the command; never rejects because of the arguments. */
  run(args: readonly string[]): Promise<ExitCode>
}

/**
 * The command line of a program, the same for all of ours: `--version`, `--help` of the program and of each subcommand, suggestions for
 * unknown words, exit code 2 for a call or settings that cannot be used. With `--json`, problems of the call or the settings are
 * printed as JSON too.
 */
export function commandLine({ name, about, usage, examples, packageFile, ...output }: ProgramDescription): CommandLine {
  const { print = console.log, printError = console.error } = output
  const version = versionOf(packageFile)
  let exitCode: ExitCode = 0
  const program = new Command(name)
    .description(about)
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureHelp({
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(shownArgument)].join(' '),
    })
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => printError(text.trimEnd()),
      outputError: (text, write) => write(`${name}: ${errorText(text)}`),
      getOutHelpWidth: () => 120,
      getErrHelpWidth: () => 120,
    })
    .showHelpAfterError(`"${name} --help" lists the commands and options`)
  if (usage !== undefined) program.usage(usage)
  if (examples !== undefined) program.addHelpText('after', `\nExamples:\n${examples}`)
  const line: CommandLine = {
    program,
    action:
      (run) =>
      async (...args) => {
        try {
          exitCode = await run(...args)
        } catch (error) {
          if (!(error instanceof ConfigurationError)) throw error
          const command = args.at(-1)
          if (command instanceof Command && command.opts()['json'] === true) print(asJson({ problems: error.problems }))
          else printError(error.message)
          exitCode = 2
        }
      },
    async run(args) {
      addCompletionCommand(line, name, print)
      if (args[0] === 'complete' && args[1] === '--') {
        const lines = candidateLines(candidatesFor(program, args.slice(2)))
        if (lines !== '') print(lines)
        return 0
      }
      for (const command of program.commands) {
        command.showHelpAfterError(`"${name} ${command.name()} --help" lists its options`)
      }
      try {
        await program.parseAsync(withoutUnknownTopic(args, program), { from: 'user' })
        return exitCode
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error
        // Help and version end this way too
        if (error.exitCode === 0) return 0
        if (args.includes('--json')) print(asJson({ problems: [{ path: 'arguments', rule: errorText(error.message) }] }))
        return 2
      }
    },
  }
  return line
}

function addCompletionCommand({ program, action }: CommandLine, name: string, print: (text: string) => void): void {
  program
    .command('completion')
    .description('print the script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  echo 'source <(${name} completion bash)' >> ~/.bashrc
  echo 'source <(${name} completion zsh)' >> ~/.zshrc     after compinit
  ${name} completion fish > ~/.config/fish/completions/${name}.fish`,
    )
    .action(
      action((shell: Shell) => {
        print(completionScript(shell, name))
        return 0
      }),
    )
}

/** Description of the program `swarmwatch`. */
export const swarmwatchAbout: string =
  'Adds Swarmwatch to a project, shows the settings of an application that uses it, finds problems in its setup, sends events to the alert bridge, and advises on capacity and cost.'

/** Examples in the help of the program `swarmwatch`. */
export const swarmwatchExamples: string = `  npx swarmwatch init                          show what would change in this project, and ask
  npx swarmwatch doctor                        find out why there are no traces, metrics or alerts
  npx swarmwatch config                        see which settings apply, and where each comes from`

/** The commands of `swarmwatch` by name, with their descriptions: two packages have the program, and each passes on the other's. */
export const swarmwatchCommands = {
  init: 'add Swarmwatch and its stack to the Node project in this folder; shows a diff and asks first',
  secrets: 'make the secrets and the settings of this machine for the stack of init; overwrites nothing',
  config: 'print the effective settings and the source of each, with secrets masked; exits with 2 if they are invalid',
  doctor: 'check for common problems with telemetry, recovery and alerts; exits with 1 if there are any',
  event: 'report a notable event or a deployment to the recipients of the alert bridge (severity info)',
  advise: 'forecast traffic and cost, plan capacity, and find what would save money (needs @swarmwatch/advisor)',
} as const

/** Options of those commands for the completion of the program that passes them on; a test compares them. */
const swarmwatchOptions: Readonly<Record<keyof typeof swarmwatchCommands, readonly string[]>> = {
  init: ['--yes', '--dry-run', '--update', '--remove', '--force', '--no-stack', '--folder', '--no-install', '--json', '--help'],
  secrets: ['--folder', '--json', '--help'],
  config: ['--json', '--help'],
  doctor: ['--json', '--help'],
  event: ['--title', '--text', '--deployment', '--agent', '--link', '--key', '--json', '--help'],
  advise: ['--prometheus', '--json', '--markdown', '--help'],
}

/** Adds a command that another program reads: its options, its arguments and its help are there. `run` receives the words after its name. */
export function addPassedCommand(
  { program, action }: CommandLine,
  name: keyof typeof swarmwatchCommands,
  run: (words: readonly string[]) => ExitCode | Promise<ExitCode>,
): void {
  const command = program
    .command(name)
    .usage('[options]')
    .description(swarmwatchCommands[name])
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
  command.action(action(() => run(command.args)))
  passedOptions.set(command, swarmwatchOptions[name])
}

/** A result for other programs: indented, ASCII. */
export function asJson(value: unknown): string {
  return asciiLines(JSON.stringify(value, null, 2))
}

/** `help` of an unknown command as that command, so that the error names it and suggests another one. */
function withoutUnknownTopic(args: readonly string[], { commands }: Command): readonly string[] {
  const [first, topic] = args
  const isKnown = topic === undefined || commands.some((command) => command.name() === topic)
  return first === 'help' && !isKnown ? args.slice(1) : args
}

function shownArgument(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function errorText(text: string): string {
  const words = asciiLines(text).replace(/^error: /, '')
  return words.replace(/^unknown command '(.*)'/, 'unknown command "$1"')
}

function asciiLines(text: string): string {
  return text.split('\n').map(asciiOnly).join('\n')
}

/** The version in a `package.json`. */
export function versionOf(packageFile: URL): string {
  return (JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version
}
