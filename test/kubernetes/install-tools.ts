import { allTools, installTools } from './tools.ts'

// `pnpm kubernetes:tools`: builds all tools before the tests, which would otherwise build them while others run
process.exitCode = (await installTools(...allTools)) === undefined ? 0 : 1
