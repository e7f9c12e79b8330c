// `m2m campaign`: what campaigns there are and what became of them; pauses, resumes, stops and repeats one. They are started by their schedule,
// by an incident, or by Lambda's Invoke (docs/campaigns.md). A campaign is named by its execution, or by its id, which means the newest.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import type { ControlWish } from '../../lambda/core/campaign/campaign-control.ts'
import { campaignIdOf } from '../../lambda/core/campaign/campaign-runs.ts'
import { WISH_REASON_CHARACTERS } from '../../lambda/core/campaign/campaign-wishes.ts'
import { asJson, listText, type SeenCampaign, showText, stateOf } from '../campaign/campaign-words.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { addCaution, integerFrom } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'

interface ListOptions {
  readonly last: number
}

interface ChangeOptions {
  readonly reason?: string
  readonly dryRun?: true
  readonly yes?: true
}

const connect = async (context: CommandContext) => {
  const [{ assertSignedIn }, executions, switches, { createSystemsManager }] = await Promise.all([
    import('../terminal/command-context.ts'),
    import('../../lambda/adapters/aws/campaign-executions.ts'),
    import('../../lambda/adapters/aws/campaign-switch.ts'),
    import('../../lambda/adapters/aws/freeze-switch.ts'),
  ])
  const { secretsManager } = await context.connect()
  await assertSignedIn(secretsManager)
  const client = executions.createCampaignsClient()
  return {
    campaigns: executions.createCampaignExecutions(client, context.functionName('campaign')),
    control: switches.createCampaignSwitch(createSystemsManager(), `/m2m/${context.stage}/campaigns`),
  }
}

type Connected = Awaited<ReturnType<typeof connect>>

const found = async ({ campaigns, control }: Connected, id = ''): Promise<SeenCampaign> => {
  const [campaign, wishes] = await Promise.all([campaigns.find(id), control.read()])
  if (campaign === undefined) throw new CommandFault(EXIT.usage, `no campaign ${id} was found: m2m campaign list`)
  return { campaign, asked: id, wish: Object.hasOwn(wishes, campaign.name) ? wishes[campaign.name] : undefined }
}

const assertRunning = ({ campaign, wish }: SeenCampaign): void => {
  if (campaign.status === 'RUNNING') return
  throw new CommandFault(
    EXIT.refused,
    `campaign ${campaign.name} is over: ${stateOf(campaign, wish)}; m2m campaign list`,
  )
}

const list: Work<ListOptions> = async (context, { last }) => {
  const { campaigns, control } = await connect(context)
  const [listed, wishes] = await Promise.all([campaigns.list(last), control.read()])
  const seen = listed.map((campaign): SeenCampaign => ({ campaign, wish: wishes[campaign.name] }))
  return {
    json: { stage: context.stage, campaigns: seen.map(asJson) },
    text: listText(seen, context.timing.now()),
    exitCode: EXIT.ok,
  }
}

const show: Work<object> = async (context, _options, [id]) => {
  const seen = await found(await connect(context), id)
  return { json: { stage: context.stage, ...asJson(seen) }, text: showText(seen), exitCode: EXIT.ok }
}

interface Change {
  readonly wish: ControlWish | undefined
  readonly text: string
}

const changed = async (
  context: CommandContext,
  { dryRun }: ChangeOptions,
  {
    control,
    seen,
    change,
  }: { readonly control: Connected['control']; readonly seen: SeenCampaign; readonly change: Change },
): Promise<Ending> => {
  const { campaign } = seen
  if (dryRun !== true) await control.set(campaign.name, change.wish)
  const after: SeenCampaign = { campaign, wish: dryRun === true ? seen.wish : change.wish }
  return {
    json: { stage: context.stage, ...asJson(after) },
    text: dryRun === true ? `Would do this: ${change.text}` : change.text,
    exitCode: EXIT.ok,
  }
}

const wishOf = async (
  context: CommandContext,
  state: ControlWish['state'],
  { reason }: ChangeOptions,
): Promise<ControlWish> => ({
  state,
  by: (await context.by()) ?? 'unknown',
  at: new Date(context.timing.now()).toISOString(),
  ...defined({ reason: reason?.slice(0, WISH_REASON_CHARACTERS) }),
})

const assertNotStopped = ({ campaign, wish }: SeenCampaign): void => {
  if (wish?.state !== 'stopped') return
  throw new CommandFault(
    EXIT.refused,
    `campaign ${campaign.name} is being stopped, by ${wish.by}: wait for its report, and m2m campaign repeat ${campaign.name}`,
  )
}

const pause: Work<ChangeOptions> = async (context, options, [id]) => {
  const connected = await connect(context)
  const seen = await found(connected, id)
  assertRunning(seen)
  assertNotStopped(seen)
  const text = `${seen.campaign.name}: nothing more starts after ten seconds at most; what has started finishes. A pause of more than a day stops it.`
  const change = { wish: await wishOf(context, 'paused', options), text }
  return changed(context, options, { control: connected.control, seen, change })
}

const resume: Work<ChangeOptions> = async (context, options, [id]) => {
  const connected = await connect(context)
  const seen = await found(connected, id)
  assertRunning(seen)
  assertNotStopped(seen)
  const text =
    seen.wish === undefined
      ? `${seen.campaign.name}: was not paused`
      : `${seen.campaign.name}: continues within five minutes`
  return changed(context, options, { control: connected.control, seen, change: { wish: undefined, text } })
}

const stop: Work<ChangeOptions> = async (context, options, [id]) => {
  const connected = await connect(context)
  const seen = await found(connected, id)
  const { campaign } = seen
  assertRunning(seen)
  const isRevoke = campaign.input.intent === 'revoke'
  if (options.dryRun !== true) {
    const consequence = isRevoke ? 'LEAKED VALUES STAY ACCEPTED' : 'what has not started is not rotated'
    await context.screen.confirm(`Stop campaign ${campaign.name}? ${consequence}.`, options.yes === true)
  }
  const text = `${campaign.name}: nothing further begins, and it reports what it did, while overlaps are waited for within half an hour; m2m campaign show ${campaign.name}. The sweep ends the overlaps that are open.`
  const change = { wish: await wishOf(context, 'stopped', options), text }
  return changed(context, options, { control: connected.control, seen, change })
}

const NAME_CHARACTERS = 64

/** A name that nothing has yet, so that no request is taken for one that was carried out already; with the stage, since accounts hold several. */
const newExecution = (context: CommandContext): string =>
  `${context.functionName('campaign')}-${context.newId()}`.slice(0, NAME_CHARACTERS)

const repeat: Work<ChangeOptions> = async (context, options, [id]) => {
  const { campaigns, control } = await connect(context)
  const { campaign, wish } = await found({ campaigns, control }, id)
  const campaignId = campaignIdOf(campaign)
  if (campaign.status === 'RUNNING') {
    throw new CommandFault(EXIT.refused, `campaign ${campaign.name} still runs (${stateOf(campaign, wish)})`)
  }
  const { reason } = options
  const input = {
    ...campaign.input,
    // Under the same id, so that what is done is found and not done twice.
    ...(campaign.input.incidentId === undefined ? { campaignId } : {}),
    requestedBy: (await context.by()) ?? 'unknown',
    ...defined({ reason }),
  }
  if (options.dryRun === true) {
    return {
      json: { stage: context.stage, campaignId, input },
      text: `Would start: ${JSON.stringify(input)}`,
      exitCode: EXIT.ok,
    }
  }
  await context.screen.confirm(
    `Repeat campaign ${campaignId}? What is not done is retried; what is done is left as it is.`,
    options.yes === true,
  )
  const execution = newExecution(context)
  const executionArn = await campaigns.start(execution, input)
  return {
    json: { stage: context.stage, campaignId, execution, executionArn, input },
    text: `Started as ${execution}: m2m campaign show ${execution}`,
    exitCode: EXIT.ok,
  }
}

const ID = '<id>'
const ID_IS =
  'an execution’s name, a campaign id, or an incident id: the run under way, else the newest; or an ARN: that very run'
const REASON = ['--reason <text>', 'for the report'] as const

export const addCampaign = (program: Command): void => {
  const campaign = program.command('campaign').description('list, pause, stop and repeat campaigns')
  campaign
    .command('list')
    .description('the newest campaigns, and how far they are')
    .option('--last <count>', 'how many', integerFrom(1, 500), 20)
    .action(run(list))
  campaign.command('show').description('show one, and its report').argument(ID, ID_IS).action(run(show))
  const changing = (name: string, description: string, work: Work<ChangeOptions>): void => {
    const command = campaign
      .command(name)
      .description(description)
      .argument(ID, ID_IS)
      .option(...REASON)
    addCaution(command).action(run(work))
  }
  changing('pause', 'start no more rotations until it is resumed, for a day at most', pause)
  changing('resume', 'continue a paused campaign', resume)
  changing('stop', 'start no more rotations, and report what was done', stop)
  changing('repeat', 'run it again; only what is not done is tried', repeat)
}
