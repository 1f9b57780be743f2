import { existsSync } from 'node:fs'

/** Why tests in a browser cannot run here; undefined when they can, or must (REQUIRE_STACK=1). */
export const whyNoBrowser: string | undefined =
  existsSync('/usr/bin/chromium') || process.env['REQUIRE_STACK'] === '1'
    ? undefined
    : 'no browser: /usr/bin/chromium is not installed'
