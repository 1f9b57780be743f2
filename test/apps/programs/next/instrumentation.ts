export async function register(): Promise<void> {
  if (process.env['NEXT_RUNTIME'] !== 'nodejs') return
  const { startTelemetry } = await import('@swarmwatch/node')
  await startTelemetry({ serviceName: 'next', handleSignals: true })
}
