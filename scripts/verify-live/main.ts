// `npm run verify:live`: reads what it is given, asks whose account it would work in, runs the checks, and writes the page as they come out.
// Exit codes: 0 every check agrees or was not seen; 1 one differs, a group broke off, AWS answered nothing, or something was left behind; 2 it did
// not start, and nothing was made; 3 the credentials ended, and --resume goes on; 130 interrupted.
import { defined } from '../../lambda/core/base/defined.ts'
import { visibleText } from '../../lambda/core/base/message-text.ts'
import { processEnvironment } from '../../lambda/env.ts'
import { EVERY_RUN, removeByPrefix } from './clean.ts'
import { answeredBy, isBrokenOff } from './finding.ts'
import { agree, askOnTerminal, identityOf, type LiveCaller } from './identity.ts'
import { checkMayReplace, createPageFile } from './page-file.ts'
import { type LivePlace, openPlace } from './place.ts'
import { startRehearsal } from './rehearsal.ts'
import { RIGHTS_GROUP } from './rights-checks.ts'
import { createQuiet, livePace, type Pace, type Run, rehearsalPace } from './run.ts'
import { beginJournal, resumeJournal } from './run-journal.ts'
import { type LiveSettings, type Options, readLiveSettings, readOptions, USAGE } from './settings.ts'
import { createStytchCalls } from './stytch-calls.ts'
import { newRunId, type Verified, verify } from './verify.ts'

const say = (line: string): void => {
  process.stderr.write(`${visibleText(line)}\n`)
}

interface Started {
  readonly options: Options
  readonly settings: LiveSettings
  readonly place: LivePlace
  readonly caller: LiveCaller
  readonly pace: Pace
  close(): Promise<void>
}

const paceOf = ({ redriveWaitMs }: Options, pace: Pace): Pace =>
  redriveWaitMs === undefined ? pace : { ...pace, redriveWaitMs }

/** Nothing is made before the account and the Region were named and agreed to. */
const agreed = async (options: Options, settings: LiveSettings, place: LivePlace): Promise<LiveCaller> => {
  checkMayReplace(options.page, place.isReal)
  const caller = await identityOf(place.sts)
  say(`AWS account ${caller.accountId} (${caller.arn}), Region ${place.region}; Stytch project ${settings.projectId}.`)
  if (!place.isReal)
    say(
      `Not the real services: AWS at ${settings.awsEndpoint ?? 'its own address'}, Stytch at ${place.stytch.baseUrl}.`,
    )
  const what = options.isCleaning ? 'deletes' : 'makes and deletes'
  say(`This ${what} secrets, functions, roles and Stytch clients that are called ${EVERY_RUN}… or m2m-verify-…`)
  const { yesAccount } = options
  await agree({ caller, yesAccount, ask: process.stdin.isTTY ? askOnTerminal : undefined })
  return caller
}

const live = async (options: Options): Promise<Started> => {
  const settings = readLiveSettings(processEnvironment(), options)
  const place = openPlace(settings)
  const caller = await agreed(options, settings, place)
  // The stand-ins are as quick as they are, through whichever door.
  const pace = paceOf(options, place.isReal ? livePace : rehearsalPace)
  return { options, settings, place, caller, pace, close: async () => place.close() }
}

/** The laptop for the services, and the same way to them. */
const rehearsed = async (options: Options): Promise<Started> => {
  checkMayReplace(options.page, false)
  const { settings, credentials, accountId, pace, close } = await startRehearsal(() => {})
  const place = openPlace(settings, credentials)
  const caller = await agreed({ ...options, yesAccount: accountId }, settings, place)
  const all = async (): Promise<void> => {
    place.close()
    await close()
  }
  return { options, settings, place, caller, pace: paceOf(options, pace), close: all }
}

const start = async (): Promise<Started> => {
  try {
    const options = readOptions(process.argv.slice(2))
    return await (options.againstLaptop ? rehearsed(options) : live(options))
  } catch (error) {
    say(error instanceof Error ? error.message : 'it could not start')
    say(USAGE)
    return process.exit(2)
  }
}

const clean = async ({ place, pace }: Started, signal: AbortSignal): Promise<number> => {
  const { keepQuiet } = createQuiet()
  const run: Run = { prefix: EVERY_RUN, pace, signal, now: Date.now, keepQuiet, make: (_, create) => create() }
  const calls = createStytchCalls(place.stytch, run)
  const { removed, left } = await removeByPrefix(place, calls, { prefix: EVERY_RUN, say })
  for (const what of left) say(`Could not remove ${what}`)
  say(
    removed.length === 0 && left.length === 0 ? 'Nothing was left.' : `Removed ${removed.length}, left ${left.length}.`,
  )
  return left.length === 0 ? 0 : 1
}

const exitCodeOf = ({ findings, left, isInterrupted, isSuspended }: Verified): number => {
  if (isInterrupted) return 130
  if (isSuspended) return 3
  const isRight = answeredBy(findings, 'AWS') && !findings.some(isBrokenOff)
  return isRight && left.length === 0 && !findings.some(({ verdict }) => verdict === 'differs') ? 0 : 1
}

const check = async (started: Started, signal: AbortSignal): Promise<number> => {
  const { options, settings, place, caller, pace } = started
  const { accountId } = caller
  const about = { accountId, region: place.region, projectId: settings.projectId }
  const journal = options.isResuming
    ? resumeJournal(options.journals, about)
    : beginJournal(options.journals, { runId: newRunId(), ...about }, Date.now())
  const quiet = createQuiet()
  const page = createPageFile({
    path: options.page,
    against: place.isReal ? 'the real services' : 'the stand-ins',
    runId: journal.runId,
    now: Date.now,
    quieten: quiet.quieten,
  })
  const onFinding: Parameters<typeof verify>[0]['onFinding'] = (findings) => void page.write(findings, false)
  const only = options.isOnlyRights ? [RIGHTS_GROUP] : undefined
  const verified = await verify({
    place,
    accountId,
    pace,
    signal,
    say,
    journal,
    quiet,
    onFinding,
    ...defined({ only }),
  })
  const { findings, left, isInterrupted, isSuspended } = verified
  if (isSuspended) say('The credentials have come to their end. Renew them, and run this again with --resume.')
  else if (!isInterrupted && !answeredBy(findings, 'AWS')) say('AWS answered no check: the page stays as it was.')
  say(`Written to ${page.write(findings, !isInterrupted && !isSuspended)}`)
  if (!isSuspended && left.length === 0) say('Nothing is left behind.')
  else if (!isSuspended) say('Remove what is left with: npm run verify:live -- --clean')
  return exitCodeOf(verified)
}

const started = await start()
const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!interrupt.signal.aborted) say('Interrupted: removing what was made …')
    interrupt.abort()
  })
}
try {
  const work = started.options.isCleaning ? clean : check
  process.exitCode = await work(started, interrupt.signal)
} catch (error) {
  // Of resuming what is not there: nothing was made.
  if (!(error instanceof TypeError)) throw error
  say(error.message)
  process.exitCode = 2
} finally {
  await started.close()
}
