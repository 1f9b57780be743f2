// The AI SDK's own OpenTelemetry integration, as its documentation registers it. Plain JavaScript: see frameworks.mjs

import { OpenTelemetry } from '@ai-sdk/otel'
import { registerTelemetry } from 'ai'

/** Registers the integration and returns a function that removes it. */
export function registerAiSdkOtel() {
  const integration = new OpenTelemetry()
  registerTelemetry(integration)
  return () => {
    const registered = globalThis.AI_SDK_TELEMETRY_INTEGRATIONS
    registered.splice(registered.indexOf(integration), 1)
  }
}
