// What a drill needs of the stage (run-drill.ts), put together from a command's context: the clients function registers and removes, the bus
// takes the report, versions and archive show what came of it.
import type { DrillRecords } from '../../lambda/adapters/aws/drill-records.ts'
import { LEAK_REPORTED, leakSources } from '../../lambda/core/base/event-types.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { TrustedKey } from '../../lambda/core/base/jws.ts'
import { DRILL_SET, drillName } from '../../lambda/core/clients/drill-client.ts'
import { drillParameter, type NoticeState } from '../../lambda/core/clients/drill-record.ts'
import { progressOf } from '../../lambda/core/drive/attempts.ts'
import { incidentPrefix, isKeyOf } from '../../lambda/core/incident/archive-key.ts'
import { bucketOf } from '../incident/incident-report.ts'
import { askKms } from '../incident/proof-keys.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault } from '../terminal/command-fault.ts'
import type { DrillParts } from './run-drill.ts'

export interface DrillNames {
  /** Of the client, without the stage's prefix. */
  readonly name: string
  readonly secretName: string
  readonly incidentId: string
}

/** Whoever gets the notice sees by the id that it is a drill's. */
export const drillNames = (
  { timing, newId }: Pick<CommandContext, 'timing' | 'newId'>,
  { secretNamePrefix }: { readonly secretNamePrefix: string },
): DrillNames => {
  const name = drillName(timing.now(), newId().slice(0, 8))
  return { name, secretName: `${secretNamePrefix}${name}`, incidentId: name.replace('drill', 'DRILL') }
}

export const openDrillRecords = async ({ stage }: Pick<CommandContext, 'stage'>): Promise<DrillRecords> => {
  const [{ createDrillRecords }, { createSystemsManager }] = await Promise.all([
    import('../../lambda/adapters/aws/drill-records.ts'),
    import('../../lambda/adapters/aws/freeze-switch.ts'),
  ])
  return createDrillRecords(createSystemsManager(), drillParameter(stage))
}

const register = async (context: CommandContext, { name, secretName }: DrillNames) => {
  const [{ backstop }, { clientsApi }] = [await context.view(), await context.connect()]
  return clientsApi.declare({
    set: DRILL_SET,
    requestId: context.newId(),
    client: {
      secretName,
      displayName: name,
      description: 'A drill: made to be revoked, and removed at its end',
      scopes: [],
      consumers: [],
      rules: backstop,
      onRemoval: 'delete',
      tags: {},
    },
  })
}

const report = async (
  context: CommandContext,
  { secretName, incidentId }: DrillNames,
  source: typeof leakSources.security | typeof leakSources.breakGlass,
): Promise<void> => {
  const [{ createEventBridge }, { createEvents }] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('../../lambda/adapters/aws/events.ts'),
  ])
  const detail = {
    incidentId,
    selector: { secretNames: [secretName] },
    reason: 'A drill: nothing leaked',
    requestedBy: (await context.by()) ?? 'unknown',
  }
  await createEvents(createEventBridge(), `m2m-${context.stage}`, source).publish([{ type: LEAK_REPORTED, detail }])
}

const openArchive = async (bucket: string | undefined) => {
  if (bucket === undefined) {
    const message = 'No evidence archive is known: add --bucket, or set M2M_EVIDENCE_BUCKET.'
    throw new Fault({ code: 'ARCHIVE_REJECTED', retryable: false, message })
  }
  const [{ createArchiveReader }, { createS3 }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
  ])
  return createArchiveReader(createS3(), bucket)
}

/** No answer is none: where nobody is here, nobody is asked. */
const askNotice = async ({ screen }: CommandContext, incidentId: string): Promise<NoticeState | 'stopped'> => {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return 'notConfirmed'
  try {
    await screen.confirm(`Did the notice of ${incidentId} (Secret Leak Reported) reach whoever is on call?`, false)
    return 'confirmed'
  } catch (error) {
    if (error instanceof CommandFault) return 'missing'
    if (error instanceof Error && error.name === 'AbortError') return 'stopped'
    throw error
  }
}

export interface DrillWish {
  readonly names: DrillNames
  readonly bucket?: string | undefined
  readonly breakGlass?: true | undefined
  /** Whether a person is asked about the notice. */
  readonly asksNotice: boolean
  readonly isStopped: () => boolean
  readonly onStep: DrillParts['onStep']
}

export const seatOf = (context: CommandContext, wish: DrillWish): DrillParts => {
  const { names, isStopped, onStep } = wish
  const { timing } = context
  const { secretName, incidentId } = names
  const source = wish.breakGlass === true ? leakSources.breakGlass : leakSources.security
  let since = timing.now()
  let trusted: Promise<TrustedKey> | undefined
  const archive = async () => openArchive(await bucketOf(context, wish.bucket))
  return {
    timing,
    isStopped,
    onStep,
    register: () => register(context, names),
    report: async () => {
      // To the second, as the bus dates the report.
      since = Math.floor(timing.now() / 1000) * 1000
      await report(context, names, source)
    },
    progress: async (secretArn) => {
      const { secrets } = await context.connect()
      return progressOf(
        { secretArn, about: incidentId, intent: 'revoke', since },
        await secrets.listVersions(secretArn),
      )
    },
    isSigned: async (secretArn) => {
      const { signedProofOf } = await import('../../lambda/core/incident/signed-proof.ts')
      trusted ??= askKms(context)
      const question = { stage: context.stage, secretArn, incidentId, trusted: [await trusted], now: timing.now() }
      return (await signedProofOf(await archive(), question)).signed
    },
    isCompleted: async () => {
      const keys = await (await archive()).list(incidentPrefix(incidentId))
      return keys.some((key) => isKeyOf(key, 'Incident Completed'))
    },
    askNotice: async () => (wish.asksNotice ? askNotice(context, incidentId) : 'notConfirmed'),
    remove: async () => (await context.connect()).clientsApi.removeDrill(secretName),
    isGone: async (clientId) => {
      const { clients } = await (await context.connect()).clientsApi.list({ clientIds: [clientId] })
      return clients.every((one) => one.clientId !== clientId)
    },
  }
}
