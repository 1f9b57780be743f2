import { addPassedCommand, type CommandLine, type ExitCode, type Output } from '@swarmwatch/config/command-line'

/** The part of `@swarmwatch/advisor` that is used. */
export interface AdvisorPackage {
  /** Runs the command with the arguments after its name; prints help and errors itself. */
  runAdvise(args: readonly string[], output: Output): Promise<ExitCode>
}

/** Environment of the command. */
export interface AdviseEnvironment extends Output {
  readonly load?: () => Promise<AdvisorPackage>
}

/** An optional peer: the name is composed at run time, so that no compiler or bundler resolves it at build time. */
const packageName: string = ['@swarmwatch', 'advisor'].join('/')

/** Adds `advise`. The package that does it is loaded only then; without it, the command prints how to install it. */
export function addAdviseCommand(
  line: CommandLine,
  {
    load = () =>
      import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ packageName) as Promise<AdvisorPackage>,
    ...output
  }: AdviseEnvironment = {},
): void {
  addPassedCommand(line, 'advise', (words) => run(words, load, output))
}

async function run(args: readonly string[], load: () => Promise<AdvisorPackage>, output: Output): Promise<ExitCode> {
  const { printError = console.error } = output
  let advisor: AdvisorPackage
  try {
    advisor = await load()
  } catch (error) {
    if (!isNotInstalled(error)) throw error
    printError(`swarmwatch advise: the package ${packageName} is not installed; run: npm install ${packageName}`)
    return 2
  }
  return advisor.runAdvise(args, output)
}

function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(packageName)
}
