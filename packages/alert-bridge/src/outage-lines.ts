/** Prints a line for the first of several failures, and one for the first success after them. */
export interface OutageLines {
  readonly fails: (line: string) => void
  readonly works: (line: string) => void
}

/** @param write prints one line */
export function outageLines(write: (line: string) => void): OutageLines {
  let hasFailed = false
  return {
    fails: (line) => {
      if (!hasFailed) write(line)
      hasFailed = true
    },
    works: (line) => {
      if (hasFailed) write(line)
      hasFailed = false
    },
  }
}
