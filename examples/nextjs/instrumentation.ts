// Next.js calls register() once when the server starts
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  await import('./scripted-model.ts')
  const { startTelemetry } = await import('@swarmwatch/node')
  const telemetry = await startTelemetry({ serviceName: 'my-app', handleSignals: true })
  console.log('status page at', telemetry.pageUrl)
}
