import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    names: 'src/names.ts',
    instrumentation: 'src/instrumentation.ts',
    clock: 'src/clock.ts',
    openfeature: 'src/openfeature.ts',
    'health-score': 'src/monitor/health-score.ts',
    'stuck-run': 'src/monitor/stuck-run.ts',
  },
  platform: 'node',
  dts: true,
  sourcemap: true,
  publint: { strict: true },
  attw: { profile: 'esm-only', level: 'error' },
})
