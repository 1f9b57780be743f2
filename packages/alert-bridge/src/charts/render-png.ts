import { createRequire } from 'node:module'

import { chartFont, chartSize } from './draw-chart.ts'

/** Pixels of the picture for each pixel of a page, so that it is sharp on small screens. */
const density = 2

/**
 * Renders SVG of {@link chartSize} as PNG, in a thread of its own. The renderer and its font are loaded at the first call. Rejects if they
 * cannot be loaded, as on a platform that the renderer does not support, and when `signal` aborts.
 */
export async function renderPng(svg: string, signal?: AbortSignal): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js')
  const font = { loadSystemFonts: false, fontFiles: [fontFile()], defaultFontFamily: chartFont }
  const image = await renderAsync(
    svg,
    { fitTo: { mode: 'width', value: chartSize.width * density }, font, logLevel: 'off' },
    signal ?? null,
  )
  return image.asPng()
}

function fontFile(): string {
  return createRequire(import.meta.url).resolve('@expo-google-fonts/didact-gothic/400Regular/DidactGothic_400Regular.ttf')
}
