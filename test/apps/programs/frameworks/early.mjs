import ask from './ask.cjs'
import { modules } from './modules.mjs'

await ask(modules)
await globalThis.stopTelemetry?.()
