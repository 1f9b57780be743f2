import { readFileSync } from 'node:fs'

type Modules = {
  readonly mstl: typeof import('@bsull/augurs/mstl')
  readonly changepoint: typeof import('@bsull/augurs/changepoint')
  readonly outlier: typeof import('@bsull/augurs/outlier')
  readonly prophet: typeof import('@bsull/augurs/prophet')
}

/** The parts of `@bsull/augurs` that forecasts use; Prophet, which takes 70 MB, is loaded on its first use. */
export interface Augurs extends Pick<Modules, 'mstl' | 'changepoint' | 'outlier'> {
  /** Prophet with its optimizer. */
  prophet(): Promise<Pick<Modules['prophet'], 'Prophet'> & Pick<typeof import('@bsull/augurs-prophet-wasmstan'), 'optimizer'>>
}

/** Loads the WebAssembly modules. They are started from files, because `fetch` of Node reads none. */
export async function loadAugurs(): Promise<Augurs> {
  const [mstl, changepoint, outlier] = await Promise.all([
    import('@bsull/augurs/mstl'),
    import('@bsull/augurs/changepoint'),
    import('@bsull/augurs/outlier'),
  ])
  mstl.initSync({ module: wasmOf('mstl') })
  changepoint.initSync({ module: wasmOf('changepoint') })
  outlier.initSync({ module: wasmOf('outlier') })
  let loaded: ReturnType<Augurs['prophet']> | undefined
  return { mstl, changepoint, outlier, prophet: () => (loaded ??= loadProphet()) }
}

async function loadProphet(): ReturnType<Augurs['prophet']> {
  const [prophet, { optimizer }] = await Promise.all([import('@bsull/augurs/prophet'), import('@bsull/augurs-prophet-wasmstan')])
  prophet.initSync({ module: wasmOf('prophet') })
  return { Prophet: prophet.Prophet, optimizer }
}

function wasmOf(name: string): Uint8Array<ArrayBuffer> {
  const script = import.meta.resolve(`@bsull/augurs/${name}`)
  return readFileSync(new URL(script.replace(/\.js$/, '_bg.wasm')))
}
