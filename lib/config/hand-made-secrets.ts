// Which secrets a configuration expects a person to have stored by hand (lambda/core/secret/hand-made-secrets.ts), each with its key. Pure.
import type { HandMadeSecret } from '../../lambda/core/secret/hand-made-secrets.ts'

/** What of the configuration (deploy-config.ts) names them. */
export interface NamingConfig {
  readonly stytch: {
    readonly projectId: string
    readonly projectSecretName: string
    readonly projectSecretKeyArn?: string | undefined
    readonly projectRotation?:
      | { readonly workspaceKeySecretName: string; readonly workspaceKeySecretKeyArn?: string | undefined }
      | undefined
  }
  readonly incidents: {
    readonly intake?:
      | {
          readonly signingSecretName: string
          readonly githubAppSecretName?: string | undefined
          readonly secretsKeyArn?: string | undefined
        }
      | undefined
  }
}

export interface HandMadeExpected {
  readonly secret: HandMadeSecret
  /** The customer-managed key that the configuration names. */
  readonly keyArn: string | undefined
}

/** Every one that the configuration's features need. */
export const handMadeSecretsOf = ({ stytch, incidents }: NamingConfig): readonly HandMadeExpected[] => {
  const { projectRotation } = stytch
  const { intake } = incidents
  return [
    {
      secret: { kind: 'projectSecret', name: stytch.projectSecretName, projectId: stytch.projectId },
      keyArn: stytch.projectSecretKeyArn,
    },
    ...(projectRotation === undefined
      ? []
      : [
          {
            secret: { kind: 'workspaceKey' as const, name: projectRotation.workspaceKeySecretName },
            keyArn: projectRotation.workspaceKeySecretKeyArn,
          },
        ]),
    ...(intake === undefined
      ? []
      : [
          { secret: { kind: 'signingSecret' as const, name: intake.signingSecretName }, keyArn: intake.secretsKeyArn },
          ...(intake.githubAppSecretName === undefined
            ? []
            : [
                {
                  secret: { kind: 'githubApp' as const, name: intake.githubAppSecretName },
                  keyArn: intake.secretsKeyArn,
                },
              ]),
        ]),
  ]
}
