// What is wrong with a hand-made secret's stored text, by the same code that the functions read it with. No message holds any of the text.
import { pickProjectSecret } from '../../lambda/adapters/aws/project-credentials.ts'
import { readSigningKeys } from '../../lambda/adapters/aws/signing-secrets.ts'
import { pickWorkspaceKey } from '../../lambda/adapters/aws/workspace-credentials.ts'
import { readGithubApp } from '../../lambda/adapters/github/alert-values.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { parseJsonObject } from '../../lambda/core/base/json-object.ts'
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'

const messageOf = (read: () => unknown): string | undefined => {
  try {
    read()
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

const textOrNone = (picked: object | string): string | undefined => (typeof picked === 'string' ? picked : undefined)

export const formatFault = ({ kind, name, projectId = '' }: HandMadeSecret, text: string): string | undefined => {
  const json = parseJsonObject(text)
  if (json === undefined) return 'the value is not a JSON object'
  switch (kind) {
    case 'projectSecret':
      return textOrNone(pickProjectSecret(json, projectId))
    case 'workspaceKey':
      return textOrNone(pickWorkspaceKey(json))
    case 'signingSecret':
      return messageOf(() => readSigningKeys(name, text))
    case 'githubApp':
      return messageOf(() => readGithubApp(name, text))
  }
}
