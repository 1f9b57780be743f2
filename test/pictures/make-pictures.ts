import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { decodeTraces, eventually, openHttpServer, type OtlpSpan, startProgram } from '@swarmwatch/testkit'
import { chromium, type Page } from 'playwright-core'

import { traceWaterfall } from './trace-waterfall.ts'

/** Content of `docs/pictures/pictures.json`: the source of the pictures, and what they show. */
export interface Pictures {
  /** SHA-256 of the programs that made them. */
  readonly madeBy: string
  /** SHA-256 of each picture, by its name. */
  readonly files: Readonly<Record<string, string>>
  /** Headings of sections and tables of the status page. */
  readonly pageShows: readonly string[]
}

/** The folder of the pictures. */
export const picturesFolder: URL = new URL('../../docs/pictures/', import.meta.url)

/** SHA-256 of the programs in this folder. */
export function hashOfPrograms(): string {
  const here = new URL('.', import.meta.url)
  const programs = readdirSync(here).filter((name) => name.endsWith('.ts'))
  return sha256(
    programs
      .toSorted()
      .map((name) => readFileSync(new URL(name, here), 'utf8'))
      .join(''),
  )
}

/** SHA-256, in hexadecimal. */
export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/**
 * Runs the demo for about three minutes and writes its pictures: the status page during the outage, light and dark, and the trace of a run
 * that recovered. The trace is drawn by this program from the exported spans; it is no picture of a tracing product.
 */
async function makePictures(): Promise<void> {
  await using collector = await openHttpServer()
  const demo = startProgram(process.execPath, ['--conditions=swarmwatch-source', 'packages/agent-worker/src/demo/main.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      PATH: process.env['PATH'],
      MONITOR_PORT: '0',
      METRICS_PORT: '0',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    },
  })
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  try {
    const [, address] = await demo.printed(/^Page +(\S+)$/m)
    const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, deviceScaleFactor: 1.5 })
    const tab = await context.newPage()
    await tab.goto(address!)
    // Outages return every 60 tasks; after the first one, the charts have a few minutes to show
    await demo.printed(/\[ALERT\] critical SystemErrorRateCritical firing[^]*\[ALERT\] critical SystemErrorRateCritical resolved/)
    const critical = tab.locator('.alerts .critical.firing').first()
    const files: Record<string, string> = {}
    do {
      await critical.waitFor({ timeout: 0 })
      await cropTo(tab, '#running')
      for (const colorScheme of ['light', 'dark'] as const) {
        await tab.emulateMedia({ colorScheme })
        files[`status-page-${colorScheme}.webp`] = await saveWebp(tab, `status-page-${colorScheme}.webp`)
      }
      // On a busy machine, the alert may be resolved before the second picture
    } while ((await critical.count()) === 0)
    const pageShows = await tab
      .locator('main h2, main thead th')
      .evaluateAll((heads) => heads.map((head) => head.firstChild?.textContent?.trim() ?? ''))

    const spans = await eventually(
      'a run that shows a recovery',
      () => traceToShow(collector.requests.flatMap(({ bytes }) => decodeTraces(bytes))),
      { everyMs: 1_000 },
    )
    // A tab of its own: the policy of the status page refuses other styles
    const waterfall = await context.newPage()
    await waterfall.setContent(traceWaterfall(spans))
    await cropTo(waterfall, 'main')
    for (const colorScheme of ['light', 'dark'] as const) {
      await waterfall.emulateMedia({ colorScheme })
      files[`trace-${colorScheme}.webp`] = await saveWebp(waterfall, `trace-${colorScheme}.webp`)
    }
    const pictures: Pictures = { madeBy: hashOfPrograms(), files, pageShows: [...new Set(pageShows)].filter(Boolean) }
    writeFileSync(new URL('pictures.json', picturesFolder), `${JSON.stringify(pictures, null, 2)}\n`)
  } finally {
    await browser.close()
    demo.kill('SIGINT')
    await demo.ended
  }
}

/** A finished run that recovered on its second attempt, with tool calls, and short enough to be read. */
function traceToShow(spans: readonly OtlpSpan[]): OtlpSpan[] | undefined {
  const traces = Map.groupBy(spans, ({ traceId }) => traceId)
  return [...traces.values()].find((trace) => {
    const named = (name: RegExp): number => trace.filter((span) => name.test(span.name)).length
    const isWhole = trace.every(({ parentSpanId }) => parentSpanId === '' || trace.some(({ spanId }) => spanId === parentSpanId))
    const hasRecovered =
      named(/^attempt/) === 2 &&
      trace.some(({ parentSpanId, attributes }) => parentSpanId === '' && attributes['error.type'] === undefined)
    return isWhole && hasRecovered && named(/^execute_tool/) >= 3 && trace.length <= 18
  })
}

/** Makes the tab as high as its content down to an element. */
async function cropTo(tab: Page, lowest: string): Promise<void> {
  const { y, height } = (await tab.locator(lowest).boundingBox())!
  await tab.setViewportSize({ width: 1280, height: Math.ceil(y + height + 14) })
}

/** Saves what the tab shows as WebP, which is a third of the size of PNG, and returns its hash. */
async function saveWebp(tab: Page, name: string): Promise<string> {
  const devTools = await tab.context().newCDPSession(tab)
  const { data } = await devTools.send('Page.captureScreenshot', { format: 'webp', quality: 85 })
  const content = Buffer.from(data, 'base64')
  writeFileSync(new URL(name, picturesFolder), content)
  console.log(`${name}: ${Math.round(content.length / 1000)} kB`)
  return sha256(content)
}

if (import.meta.main) await makePictures()
