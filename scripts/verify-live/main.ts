// `npm run verify:live`: reads what it is given, runs the checks against the real services or against the laptop, writes the page.
// Exit codes: 0 all checks agree or were not seen, 1 one differs or something was left behind, 2 it did not start, 130 interrupted.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { vendorBaseUrl } from '../../lambda/adapters/stytch/base-url.ts'
import { processEnvironment } from '../../lambda/env.ts'
import { LIVE_MARK, renderPage } from './page.ts'
import { startRehearsal } from './rehearsal.ts'
import type { Pace } from './run.ts'
import { type Options, readLiveSettings, readOptions, USAGE } from './settings.ts'
import { type VerifyInput, verify } from './verify.ts'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

const livePace: Pace = {
  pollMs: 1000,
  atOnceMs: 5000,
  stepWaitMs: 300_000,
  shortWaitMs: 120_000,
  lagPollMs: 250,
  lagQuietMs: 15_000,
  redriveWaitMs: 600_000,
}

interface Place {
  readonly place: Pick<VerifyInput, 'stytch' | 'aws' | 'durable' | 'elsewhere' | 'pace'>
  close(): Promise<void>
}

const live = ({ redriveWaitMs = livePace.redriveWaitMs }: Options): Place => {
  const settings = readLiveSettings(processEnvironment())
  const { projectId, projectSecret, accountId, probeArn, durableArns, region, replicaRegion } = settings
  const client = new SecretsManagerClient({ ...awsClientSettings, region })
  const elsewhere =
    replicaRegion === undefined
      ? undefined
      : { region: replicaRegion, client: new SecretsManagerClient({ ...awsClientSettings, region: replicaRegion }) }
  const lambda = new LambdaClient({ ...awsClientSettings, region })
  return {
    place: {
      stytch: { projectId, projectSecret, baseUrl: vendorBaseUrl(projectId) },
      aws: { client, probeArn, accountId },
      durable: durableArns && { client: lambda, arns: durableArns },
      elsewhere,
      pace: { ...livePace, redriveWaitMs },
    },
    close: async () => {
      client.destroy()
      lambda.destroy()
      elsewhere?.client.destroy()
    },
  }
}

/** A rehearsal says nothing about the real services, and must not replace what does. */
const checkPage = ({ againstLaptop, page }: Options): void => {
  if (againstLaptop && existsSync(page) && readFileSync(page, 'utf8').includes(LIVE_MARK)) {
    throw new TypeError(`${page} describes the real services and is not replaced by a rehearsal; name another --page`)
  }
}

const start = async (): Promise<{ readonly options: Options } & Place> => {
  try {
    const options = readOptions(process.argv.slice(2))
    checkPage(options)
    return { options, ...(options.againstLaptop ? await startRehearsal(() => {}) : live(options)) }
  } catch (error) {
    say(error instanceof Error ? error.message : 'it could not start')
    say(USAGE)
    return process.exit(2)
  }
}

const { options, place, close } = await start()
const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!interrupt.signal.aborted) say('Interrupted: removing what was made …')
    interrupt.abort()
  })
}
try {
  const { runId, findings, left, isInterrupted, quieten } = await verify({ ...place, signal: interrupt.signal, say })
  if (isInterrupted) process.exitCode = 130
  else {
    const against = options.againstLaptop ? 'the stand-ins' : 'the real services'
    writeFileSync(options.page, quieten(renderPage({ against, runId, at: Date.now(), findings })))
    say(`Written to ${options.page}`)
    process.exitCode = left.length > 0 || findings.some(({ verdict }) => verdict === 'differs') ? 1 : 0
  }
  if (left.length === 0) say('Nothing is left behind.')
} finally {
  await close()
}
