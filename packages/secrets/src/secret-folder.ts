import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of secret files. Only its owner can enter it (0700); the files in it can be read by any user (0444), which containers need. */
export interface SecretFolder {
  /** Its content without the line end, or undefined where there is no such file. */
  read(name: string): string | undefined
  /** Writes a file; in place, because a running container holds on to the file and not to its name. */
  write(name: string, text: string): void
}

/** Opens the folder, making it if need be. Throws what the file system says. */
export function openSecretFolder(folder: string): SecretFolder {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  return {
    read(name) {
      const path = join(folder, name)
      return existsSync(path) ? readFileSync(path, 'utf8').replace(/[\r\n]+$/, '') : undefined
    },
    write(name, text) {
      const path = join(folder, name)
      if (existsSync(path)) chmodSync(path, 0o644)
      writeFileSync(path, text)
      chmodSync(path, 0o444)
    },
  }
}
