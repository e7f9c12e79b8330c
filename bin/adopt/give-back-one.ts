// `m2m adopt NAME --in-place --undo`: gives a secret that was adopted where it is back to its owner, by the clients function, and says what is
// left for the owner to do.

import { isInPlace } from '../../lambda/core/secret/mapped-form.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { notAdoptedFault } from '../../lambda/core/secret/stage-secrets.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { count } from '../terminal/words.ts'

interface UndoOptions {
  readonly dryRun?: true
  readonly yes?: true
}

export const giveBackOne = async (context: CommandContext, secret: Secret, options: UndoOptions): Promise<Ending> => {
  if (!isInPlace(secret)) throw new CommandFault(EXIT.refused, notAdoptedFault(secret.name))
  const { clientsApi } = await context.connect()
  // Everything that is in the way is said before anybody is asked.
  const would = await clientsApi.giveBack({ secretName: secret.name, isDryRun: true })
  if (options.dryRun !== true) {
    await context.screen.confirm(
      `Give ${secret.name} back to its owner? Nothing rotates it from then on, and no incident of stage ${context.stage} reaches it.`,
      options.yes === true,
    )
  }
  const { outcome, secretArn, clientId, ownersStatements } =
    options.dryRun === true ? would : await clientsApi.giveBack({ secretName: secret.name })
  const isDone = outcome === 'givenBack'
  const policy = ownersStatements === 0 ? 'no policy' : `its owner's policy, ${count(ownersStatements, 'statement')}`
  return {
    json: { stage: context.stage, secretName: secret.name, secretArn, clientId, outcome, ownersStatements },
    text: [
      `${secret.name} ${isDone ? 'is given back' : 'would be given back'}: ${policy} ${isDone ? 'stays' : 'would stay'}, and the value as it is.`,
      "Its key is the stage's until its owner names another: aws secretsmanager update-secret --kms-key-id.",
      ...(isDone ? [] : ['Nothing was changed.']),
    ].join('\n'),
    exitCode: EXIT.ok,
  }
}
