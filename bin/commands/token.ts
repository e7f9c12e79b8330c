// `m2m token`: mints one access token for a client, to see that it works. Reads the client's secret with the caller's own rights, exchanges
// it at the address that the deployment names, and prints the token and nothing else. The value goes nowhere else.
import type { Command } from 'commander'
import { formOf } from '../../lambda/core/secret/slot-forms.ts'
import { findOne } from '../show/choose.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { run, type Work } from '../terminal/run.ts'

interface TokenOptions {
  readonly scopes?: readonly string[]
}

const token: Work<TokenOptions> = async (context, { scopes = [] }, [name = '']) => {
  const view = await context.view()
  const { secrets } = await context.connect()
  const secret = await findOne(context, name)
  const version = await secrets.readValue(secret.arn, { label: 'AWSCURRENT' })
  const parsed =
    version === undefined ? undefined : formOf(secret, view.projectId).parse(version.text, version.createdAt)
  if (parsed === undefined || !parsed.ok) {
    throw new CommandFault(EXIT.refused, `${name} holds no value in the secret's format; see m2m status ${name}`)
  }
  const { clientId, clientSecret, projectId } = parsed.value
  if (projectId !== view.projectId) {
    throw new CommandFault(EXIT.refused, `${name} is of project ${projectId}; this stage serves ${view.projectId}`)
  }
  const { tokenUrl } = view
  const [{ createSend }, { mintToken }] = await Promise.all([
    import('../../lambda/adapters/stytch/http.ts'),
    import('../../lambda/adapters/stytch/token-endpoint.ts'),
  ])
  const minted = await mintToken(createSend(), { tokenUrl, clientId, clientSecret, scopes })
  return {
    json: { accessToken: minted.accessToken, expiresInSeconds: minted.expiresInSeconds, clientId },
    text: minted.accessToken,
    exitCode: EXIT.ok,
  }
}

export const addToken = (program: Command): void => {
  program
    .command('token')
    .description('mint an access token for a client, using your own right to read its secret')
    .argument('<client>', "the client's name, or the ARN of its secret")
    .option('--scopes <scope...>', 'which of its scopes; without it, all')
    .action(run(token))
}
