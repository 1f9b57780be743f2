import { ConfigurationError, loadConfiguration, type LoadOptions } from '../src/index.ts'

/** Returns the lines of the error for these settings, without the first line, which counts them. */
export function problemsOf(options: LoadOptions): string[] {
  try {
    loadConfiguration(options)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  return []
}
