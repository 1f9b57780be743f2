// A mail server that prints the first line of each mail, if ALERT_EMAIL_HOST names none of yours.
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

if (!process.env.ALERT_EMAIL_HOST) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, { envelope }, accept) {
      void simpleParser(stream).then(({ text = '' }) => {
        const recipients = envelope.rcptTo.map(({ address }) => address).join(', ')
        const [firstLine] = text.split('\n')
        console.log(`[MAIL] to ${recipients}: ${firstLine}`)
        accept()
      }, accept)
    },
  })
  const { port } = await new Promise<{ port: number }>((listening) => {
    const listener = server.listen(0, '127.0.0.1', () => listening(listener.address() as { port: number }))
  })
  process.env.ALERT_EMAIL_HOST = '127.0.0.1'
  process.env.ALERT_EMAIL_PORT = String(port)
}
