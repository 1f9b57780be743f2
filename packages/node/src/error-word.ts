import { errorType } from '@swarmwatch/sdk'
import { shownErrorType } from '@swarmwatch/sdk/names'

/** The kind of an error in one word, never its message, which may hold an address with a token. */
export const errorWord = (error: unknown): string => shownErrorType(errorType(error))
