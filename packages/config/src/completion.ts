import type { Command, Option } from 'commander'

/** Shells with completion. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** A word that can follow, with its description. */
export interface Candidate {
  readonly word: string
  readonly description: string
}

/** Options of commands that another program reads, which are not among those of the command. */
export const passedOptions: WeakMap<Command, readonly string[]> = new WeakMap()

/**
 * The words that can be at the end of `words`, which are those after the name of the program: the last one is the beginning of the
 * word, or empty. None where a value or a file is expected.
 */
export function candidatesFor(program: Command, words: readonly string[]): readonly Candidate[] {
  const before = words.slice(0, -1)
  const beginning = words.at(-1) ?? ''
  const command = program.commands.find((each) => each.name() === before.find((word) => !word.startsWith('-')))
  const options = [...(command ?? program).options, ...(command ?? program).createHelp().visibleOptions(command ?? program)]
  const valueOf = options.find((option) => isNamed(option, before.at(-1)) && (option.required || option.optional))
  const all =
    valueOf !== undefined
      ? choicesOf(valueOf)
      : [...namesOf(command ?? program), ...flagsOf(options, before, beginning), ...passedFlags(command, before, beginning)]
  return all.filter(({ word }) => word.startsWith(beginning))
}

function isNamed({ short, long }: Option, word: string | undefined): boolean {
  return word !== undefined && (word === short || word === long)
}

function choicesOf({ argChoices = [] }: Option): readonly Candidate[] {
  return argChoices.map((word) => ({ word, description: '' }))
}

/** Subcommands, or the choices of an argument. */
function namesOf(command: Command): readonly Candidate[] {
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)
  return [
    ...command
      .createHelp()
      .visibleCommands(command)
      .map((each) => ({ word: each.name(), description: each.description() })),
    ...choices.map((word) => ({ word, description: '' })),
  ]
}

/** Long options that are not there yet; short ones only after a dash. */
function flagsOf(options: readonly Option[], before: readonly string[], beginning: string): readonly Candidate[] {
  if (!beginning.startsWith('-')) return []
  const left = options.filter(
    (option) => option.variadic || option.parseArg !== undefined || !before.some((word) => isNamed(option, word)),
  )
  const flags = left.flatMap(({ long, description }) => (long ? [{ word: long, description }] : []))
  return flags.filter(({ word }, index) => flags.findIndex((each) => each.word === word) === index)
}

function passedFlags(command: Command | undefined, before: readonly string[], beginning: string): readonly Candidate[] {
  const flags = (command && passedOptions.get(command)) ?? []
  return beginning.startsWith('-')
    ? flags.filter((word) => !before.includes(word)).map((word) => ({ word, description: '' }))
    : []
}

/** The candidates as the scripts read them: a line each, the description after a tab. */
export function candidateLines(candidates: readonly Candidate[]): string {
  return candidates.map(({ word, description }) => `${word}\t${description.replaceAll(/\s+/g, ' ')}`).join('\n')
}

/** The script that makes a shell ask the program itself for each word. */
export function completionScript(shell: Shell, name: string): string {
  const functionName = `_${name.replaceAll('-', '_')}`
  return {
    bash: `${functionName}() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <(${name} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F ${functionName} ${name}`,
    zsh: `#compdef ${name}
${functionName}() {
  local -a found
  found=(\${(f)"$(${name} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  found=("\${(@)found//:/\\\\:}")
  found=("\${(@)found/$'\\t'/:}")
  if (( \${#found} )); then _describe '${name}' found; else _files; fi
}
compdef ${functionName} ${name}`,
    fish: `function _${functionName}
  set --local before (commandline --tokenize --cut-at-cursor --current-process)
  set --local word (commandline --current-token --cut-at-cursor)
  set --local found (${name} complete -- $before[2..] "$word" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$word"
  end
end
complete --command ${name} --no-files --arguments '(_${functionName})'`,
  }[shell]
}
