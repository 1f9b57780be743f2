/** Scripts that start an application, by the names that are usual. */
const startNames = /^(?:start|dev|serve|develop|watch|worker)(?:[:-].*)?$/

/** A script of `package.json` with the options that start telemetry, or why it has none. */
export type StartScript =
  | { readonly name: string; readonly kind: 'changed'; readonly command: string }
  | { readonly name: string; readonly kind: 'present' }
  | { readonly name: string; readonly kind: 'unknown'; readonly reason: string }

/**
 * The scripts that start the application, with `options` of Node (`--import ...`) in each call of node, tsx, nodemon, `nest start` and
 * `fastify start`. A script without any such call is `unknown`.
 */
export function startScripts(
  scripts: Readonly<Record<string, string>>,
  options: readonly string[],
  marker: string,
): readonly StartScript[] {
  return Object.entries(scripts)
    .filter(([name]) => startNames.test(name))
    .map(([name, command]): StartScript => {
      if (command.includes(marker)) return { name, kind: 'present' }
      const changed = segmentsOf(command)
        .map((segment) => withOptions(segment, options))
        .join('')
      return changed === command
        ? { name, kind: 'unknown', reason: `"${command}" calls none of node, tsx, nodemon, nest start, fastify start` }
        : { name, kind: 'changed', command: changed }
    })
}

/** The commands of a shell line and what is between them, in order: joined, they are the line. */
function segmentsOf(line: string): readonly string[] {
  const segments: string[] = ['']
  let quote = ''
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (/[;&|]/.test(character)) {
      const [operator = character] = /^[;&|]+/.exec(line.slice(index)) ?? []
      segments.push(operator, '')
      index += operator.length - 1
      continue
    }
    segments[segments.length - 1] += character
  }
  return segments
}

/** Options of Node whose value is the next word. */
const withValue = /^(?:--import|--require|-r|--loader|--experimental-loader|--env-file|--env-file-if-exists|-C|--conditions)$/

/** Assignments and programs that start another program: `NODE_ENV=production`, `cross-env X=1`, `exec`. */
const prefix = /^\s*(?:(?:cross-env(?:-shell)?|env|exec|\w+=(?:"[^"]*"|'[^']*'|[^\s"']*))\s+)*/

function withOptions(segment: string, options: readonly string[]): string {
  const [before = ''] = prefix.exec(segment) ?? []
  const rest = segment.slice(before.length)
  const [program = ''] = /^\S+/.exec(rest) ?? []
  const after = rest.slice(program.length)
  switch (program) {
    case 'node':
      return /\s(?:--test|-e|--eval|-p|--print|--run)\b/.test(after) ? segment : `${before}node${afterOptions(after, options)}`
    case 'tsx': {
      const [watch = ''] = /^\s+watch(?=\s)/.exec(after) ?? []
      return `${before}tsx${watch}${afterOptions(after.slice(watch.length), options)}`
    }
    case 'nodemon':
      // It takes the next word after an option it does not know for the program
      return after.includes('--exec') || /\s-x\s/.test(after) ? segment : `${before}nodemon ${joinedOptions(options)}${after}`
    case 'nest':
      return /^\s+start\b/.test(after) && !/\s(?:--exec|-e)\b/.test(after)
        ? `${before}nest${after.trimEnd()} --exec "node ${options.join(' ')}"`
        : segment
    case 'fastify':
      return /^\s+start\b/.test(after) ? `${before}node ${options.join(' ')} node_modules/fastify-cli/cli.js${after}` : segment
    default:
      return segment
  }
}

/** `options` behind the options that are there, so that what they load first stays first. */
function afterOptions(words: string, options: readonly string[]): string {
  let kept = ''
  let left = words
  for (;;) {
    const [word = ''] = /^\s+\S+/.exec(left) ?? []
    const option = word.trim()
    if (!option.startsWith('-') || option === '-' || option === '--') break
    const [value = ''] = withValue.test(option) ? (/^\s+\S+/.exec(left.slice(word.length)) ?? []) : []
    kept += word + value
    left = left.slice(word.length + value.length)
  }
  return `${kept} ${options.join(' ')}${left}`
}

function joinedOptions(options: readonly string[]): string {
  return options.join(' ').replaceAll(/(--import|--require) /g, '$1=')
}
