// `npm run laptop`: starts the laptop, prints its addresses as one JSON line on stdout and everything else on stderr, and runs until
// SIGINT or SIGTERM. With --deploy it applies a configuration to one that runs, and ends.
import { type Bounds, WITHOUT_LAG } from '../../core/rotation/bounds.ts'
import { readBounds } from '../../env/bounds.ts'
import { createReader } from '../../env/reader.ts'
import { processEnvironment } from '../../env.ts'
import { startPage } from '../page/page.ts'
import { ConfigFault, readConfigFile } from './assemblies.ts'
import { AWS_PORT, startLaptop } from './laptop.ts'
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
      'options: [--stytch-port N] [--aws-port N] [--page-port N] [--project-secret] [--extra-prefix PREFIX] [--config FILE] [--rights on|off], or --deploy FILE [--aws-port N]',
    )
    return process.exit(2)
  }
}

const couldNotStart = (error: unknown): never => {
  const message = error instanceof Error ? error.message : 'unknown'
  if (error instanceof ConfigFault) {
    say(`${configFile}: ${message}`)
    return process.exit(2)
  }
  say(`The laptop could not start: ${message}`)
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

const { pagePort, configFile, deployFile, ...ports } = portsOrExit()
if (deployFile !== undefined) {
  const { AWS_ENDPOINT_URL: named = `http://127.0.0.1:${AWS_PORT}` } = processEnvironment()
  const origin = ports.awsPort === undefined ? named : `http://127.0.0.1:${ports.awsPort}`
  const { runDeployCommand } = await import('./deploy-command.ts')
  const print = (line: string): void => console.log(line)
  process.exit(await runDeployCommand({ file: deployFile, origin, print, warn: say }))
}

const configOrExit = (path: string): unknown => {
  try {
    return readConfigFile(path)
  } catch (error) {
    return couldNotStart(error)
  }
}

const own = configFile === undefined ? { hasVendClient: true } : { config: configOrExit(configFile) }
const laptop = await startLaptop({
  ...ports,
  ...own,
  bounds: boundsOrExit(),
  hasCampaignSchedule: true,
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
