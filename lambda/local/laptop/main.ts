// `npm run laptop`: starts the laptop, prints its addresses as one JSON line on stdout and everything else on stderr, and runs until
// SIGINT or SIGTERM.
import { startLaptop } from './laptop.ts'
import { type Ports, readPorts } from './ports.ts'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const portsOrExit = (): Ports => {
  try {
    return readPorts(process.argv.slice(2))
  } catch (error) {
    say(error instanceof Error ? error.message : 'malformed options')
    say('options: [--stytch-port N] [--aws-port N] [--project-secret]')
    return process.exit(2)
  }
}

const laptop = await startLaptop({
  ...portsOrExit(),
  hasVendClient: true,
  hasCampaignSchedule: true,
  onLog: say,
}).catch((error: unknown) => {
  say(`The laptop could not start: ${error instanceof Error ? error.message : 'unknown'}`)
  return process.exit(1)
})

// Before the first line: who reads it may signal at once.
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (isEnding) return
    isEnding = true
    void laptop.close().then(() => process.exit(0))
  })
}
process.stdout.write(`${JSON.stringify(laptop.address)}\n`)
say(`Stytch at ${laptop.address.stytch}, Secrets Manager and EventBridge at ${laptop.address.aws}. Ctrl-C ends both.`)
