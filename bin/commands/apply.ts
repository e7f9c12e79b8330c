// `m2m apply clients.yaml`: makes the fleet as the file says. Plans, shows what is different, asks, and carries it out at a pace that both
// services bear. It keeps no state of its own: run again, it begins with what is there. Nothing is deleted unasked.

import type { Command } from 'commander'
import { type ApplyEnd, applyClients } from '../../lambda/core/clients/apply-clients.ts'
import type { Plan } from '../../lambda/core/clients/plan-clients.ts'
import { surveyClients } from '../../lambda/core/clients/survey-clients.ts'
import { type StageSecrets, shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { readText } from '../adopt/read-text.ts'
import { assertPeriods, readClientsFile, toDeclared } from '../apply/clients-file.ts'
import { planJson, planText, tallyOf } from '../apply/plan-words.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, EXIT, type ExitCode, exitOf } from '../terminal/command-fault.ts'
import { watchInterruption } from '../terminal/interruption.ts'
import { addCaution, integerFrom } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { count, span } from '../terminal/words.ts'

interface ApplyOptions {
  readonly dryRun?: true
  readonly yes?: true
  readonly retire?: true
  readonly stytchRate: number
  readonly concurrency: number
}

interface Applied {
  readonly done: number
  readonly failed: readonly ApplyEnd[]
  /** Not begun, since somebody pressed Ctrl-C. */
  readonly left: number
  readonly ms: number
}

const planOf = async (
  context: CommandContext,
  path: string,
  options: ApplyOptions,
): Promise<{ set: string; plan: Plan }> => {
  const fileName = path === '-' ? 'stdin' : path
  const file = readClientsFile(await readText(path), fileName)
  const view = await context.view()
  assertPeriods(file.clients, view, fileName)
  const { secrets, clientsApi } = await context.connect()
  const progress = context.screen.progress('Looking at what is there')
  const seen = new Map<string, number>()
  try {
    const onProgress = (what: string, done: number): void => {
      seen.set(what, done)
      progress.at([...seen.values()].reduce((sum, one) => sum + one, 0))
    }
    const clients = file.clients.map((client) => toDeclared(client, view))
    const wish = { stage: view, set: file.set, clients, retiresUnlisted: options.retire === true }
    return {
      set: file.set,
      plan: await surveyClients({ secrets, clientsApi, timing: context.timing, onProgress }, wish),
    }
  } finally {
    progress.end()
  }
}

const carryOut = async (
  context: CommandContext,
  plan: Plan,
  options: ApplyOptions & { readonly set: string },
): Promise<Applied> => {
  const { clientsApi } = await context.connect()
  const { changes } = plan
  const startedAt = context.timing.now()
  const interruption = watchInterruption(context.screen)
  const progress = context.screen.progress('Applying')
  const failed: ApplyEnd[] = []
  let done = 0
  const { begun } = await applyClients(
    { clientsApi, timing: context.timing },
    {
      set: options.set,
      requestId: context.newId(),
      changes,
      concurrency: options.concurrency,
      stytchRate: options.stytchRate,
      isStopped: interruption.isAsked,
      onEnd: (end) => {
        if (end.outcome === 'done') done += 1
        else failed.push(end)
        progress.at(done + failed.length, changes.length)
      },
    },
  )
  progress.end()
  interruption.end()
  return { done, failed, left: changes.length - begun, ms: context.timing.now() - startedAt }
}

const exitCodeOf = ({ refused }: Plan, { done, failed, left }: Applied): ExitCode => {
  if (left > 0) return EXIT.interrupted
  return exitOf({ done, failed: failed.length + refused.length })
}

const appliedText = (stage: StageSecrets, { done, failed, left, ms }: Applied): string => {
  const lines = failed.map(({ change, words = '' }) => `! ${shortNameOf(stage, change.secretName)}  ${words}`)
  const said = [
    `${done.toLocaleString('en')} done in ${span(ms)}`,
    ...(failed.length > 0 ? [`${failed.length.toLocaleString('en')} failed`] : []),
    ...(left > 0 ? [`${left.toLocaleString('en')} not started. Run the command again to continue`] : []),
  ]
  return [...lines, `${said.join(', ')}.`].join('\n')
}

const nothingToDo = (context: CommandContext, set: string, plan: Plan, stage: StageSecrets): Ending => {
  const said = planText(context.screen, stage, plan)
  return {
    json: { stage: context.stage, set, plan: planJson(plan), applied: null },
    text: `${said === '' ? '' : `${said}\n`}no changes: ${tallyOf(plan)}`,
    exitCode: plan.refused.length > 0 ? EXIT.refused : EXIT.ok,
  }
}

const apply: Work<ApplyOptions> = async (context, options, [path = '-']) => {
  const { set, plan } = await planOf(context, path, options)
  const stage = await context.view()
  if (plan.changes.length === 0) return nothingToDo(context, set, plan, stage)
  const said = `${planText(context.screen, stage, plan)}\n${tallyOf(plan)}`
  if (options.dryRun === true) {
    return { json: { stage: context.stage, set, plan: planJson(plan), applied: null }, text: said, exitCode: EXIT.ok }
  }
  if (!context.screen.isJson) context.screen.print(said)
  const isMany = plan.changes.length > 1 || plan.changes.some(({ kind }) => kind === 'retire')
  const question = `Apply ${count(plan.changes.length, 'change')} to stage ${context.stage}?`
  await context.screen.confirm(question, options.yes === true || !isMany)
  const applied = await carryOut(context, plan, { ...options, set })
  const { done, failed, left, ms } = applied
  const failures = failed.map(({ change, words = '' }) => ({
    secretName: change.secretName,
    kind: change.kind,
    why: words,
  }))
  return {
    json: { stage: context.stage, set, plan: planJson(plan), applied: { done, failed: failures, left, ms } },
    text: appliedText(stage, applied),
    exitCode: exitCodeOf(plan, applied),
  }
}

export const addApply = (program: Command): void => {
  const command = program
    .command('apply')
    .description('create, update and retire clients as declared in a file')
    .argument('<file>', 'YAML, docs/cli.md; - for stdin')
    .option('--retire', 'retire clients of this set that are no longer listed, as their onRemoval says')
    .option('--stytch-rate <calls>', 'calls a second to Stytch, at most', integerFrom(1, 1000), 40)
    .option('--concurrency <clients>', 'clients at a time', integerFrom(1, 100), 10)
  addCaution(command).action(run(apply))
}
