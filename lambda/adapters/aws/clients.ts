// The AWS clients as every function makes them: bounded calls, two tries, region and credentials from the function's own
// environment, and the address from the SDK's own variables.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { awsClientSettings } from './aws-call.ts'

export const createSecretsManager = (): SecretsManagerClient => new SecretsManagerClient(awsClientSettings)

export const createEventBridge = (): EventBridgeClient => new EventBridgeClient(awsClientSettings)
