import { isSecretName, type Environment } from '../environment.ts'

/** A text of the file with its variables filled in. */
export interface Interpolated {
  readonly text: string
  /** Variables without a value and without `:-default`. */
  readonly unset: readonly string[]
  /** All variables without a value. */
  readonly empty: readonly string[]
  /** Whether it now holds a secret: a variable named like one, or one that came from a `NAME_FILE`. */
  readonly holdsSecret: boolean
  /** Whether there is a `${` that begins none of the two forms. */
  readonly isMalformed: boolean
}

// ${NAME} or ${NAME:-default}; the default holds no }
const reference = /\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g

/** Fills in `${NAME}` and `${NAME:-default}`; an unset `${NAME}` becomes nothing and is listed. */
export function interpolate(written: string, environment: Environment): Interpolated {
  const unset: string[] = []
  const empty: string[] = []
  let holdsSecret = false
  const text = written.replace(reference, (_, name: string, fallback: string | undefined) => {
    const variable = environment.orFile(name)
    if (variable) holdsSecret ||= isSecretName(name) || variable.name !== name
    else empty.push(name)
    if (!variable && fallback === undefined) unset.push(name)
    return variable?.text ?? fallback ?? ''
  })
  return { text, unset, empty, holdsSecret, isMalformed: written.replace(reference, '').includes('${') }
}
