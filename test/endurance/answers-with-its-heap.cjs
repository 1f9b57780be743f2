// Loaded before a program, with --expose-gc: answers any message with the bytes on its heap that a collection leaves.
process.on('message', () => {
  // What the first finds dead through a FinalizationRegistry, only the second frees
  for (const _ of [1, 2]) globalThis.gc()
  process.send(process.memoryUsage().heapUsed)
})
// The program ends when it would without this
process.channel.unref()
// Nor does it outlive a test that failed
process.on('disconnect', () => process.exit())
