import { ConfigurationError, loadConfiguration, type LoadOptions } from '../src/index.ts'

/** The lines of the error that these settings give, without the first, which counts them. */
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
