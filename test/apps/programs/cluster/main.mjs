import cluster from 'node:cluster'

if (cluster.isPrimary) {
  for (const _ of [1, 2]) cluster.fork()
  cluster.on('exit', (worker, code) => console.log(`worker ${worker.id} ended with ${code}`))
} else {
  const { greet } = await import('./greeter.mjs')
  console.log(await greet('Ada'))
  cluster.worker.disconnect()
}
