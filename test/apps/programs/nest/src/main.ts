import 'reflect-metadata'
import { Controller, Get, Injectable, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { instrumentAgent } from '@swarmwatch/sdk'

@Injectable()
class Greeter {
  #calls = 0

  // the agent is a method: `this` has to come through
  readonly greet: (name: string) => Promise<string> = instrumentAgent(
    async (name: string) => {
      this.#calls += 1
      if (this.#calls === 1) throw Object.assign(new Error('busy'), { status: 503 })
      return `Hello, ${name}`
    },
    { name: 'greeter', recovery: { baseDelaySeconds: 0.05 } },
  )
}

@Controller()
class Greetings {
  constructor(private readonly greeter: Greeter) {}

  @Get('greet')
  greet(): Promise<string> {
    return this.greeter.greet('Ada')
  }
}

@Module({ controllers: [Greetings], providers: [Greeter] })
class Application {}

const application = await NestFactory.create(Application, { logger: false })
application.enableShutdownHooks()
await application.listen(0, '127.0.0.1')
console.log(`listening on ${await application.getUrl()}`)
