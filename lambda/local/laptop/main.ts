// `npm run laptop`: starts the laptop, prints its addresses as one JSON line on stdout and everything else on stderr, and runs until
// SIGINT or SIGTERM.
import { type Bounds, WITHOUT_LAG } from '../../core/rotation/bounds.ts'
import { readBounds } from '../../env/bounds.ts'
import { createReader } from '../../env/reader.ts'
import { processEnvironment } from '../../env.ts'
import { startPage } from '../page/page.ts'
import { readConfigFile } from './assemblies.ts'
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
    say(
      'options: [--stytch-port N] [--aws-port N] [--page-port N] [--project-secret] [--extra-prefix PREFIX] [--config FILE] [--rights on|off]',
    )
    return process.exit(2)
  }
}

const couldNotStart = (error: unknown): never => {
  say(`The laptop could not start: ${error instanceof Error ? error.message : 'unknown'}`)
  return process.exit(1)
}

/** By the variables that the functions take (docs/stand-ins.md). */
const boundsOrExit = (): Bounds => {
  const reader = createReader(processEnvironment())
  const bounds = readBounds(reader, WITHOUT_LAG)
  try {
    reader.finish()
    return bounds
  } catch (error) {
    say(error instanceof Error ? error.message : 'malformed settings')
    return process.exit(2)
  }
}

const { pagePort, configFile, hasRights = true, ...ports } = portsOrExit()
const configOrExit = (path: string): unknown => {
  try {
    return readConfigFile(path)
  } catch (error) {
    say(`${path}: ${error instanceof Error ? error.message : 'unreadable'}`)
    return process.exit(2)
  }
}

const own = configFile === undefined ? { hasVendClient: true } : { config: configOrExit(configFile) }
const laptop = await startLaptop({
  ...ports,
  ...own,
  bounds: boundsOrExit(),
  hasCampaignSchedule: true,
  hasRights,
  onLog: say,
}).catch(couldNotStart)
const page = await startPage(laptop, pagePort).catch(async (error: unknown) => {
  await laptop.close()
  return couldNotStart(error)
})

// Before the first line: who reads it may signal at once.
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (isEnding) return
    isEnding = true
    void Promise.all([page.close(), laptop.close()]).then(() => process.exit(0))
  })
}
process.stdout.write(`${JSON.stringify({ ...laptop.address, page: page.url })}\n`)
const leftOut = laptop.stack.leftOut()
if (leftOut.length > 0) say(`Nothing stands for these types of the template: ${leftOut.join(', ')}.`)
say(`Stytch at ${laptop.address.stytch}, Secrets Manager and EventBridge at ${laptop.address.aws}.`)
say(`See what happens, and make it happen, at ${page.url} – Ctrl-C ends everything.`)
