// What a REST API answers by itself when no function has: by the type of the failure, as its gateway responses customise it, else as API
// Gateway has it (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).

/** As a template has it; what is left out is API Gateway's own. */
export interface GatewayResponse {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const defaults = {
  THROTTLED: { status: 429, type: 'TooManyRequestsException', message: 'Too Many Requests' },
  INTEGRATION_FAILURE: { status: 504, type: 'InternalServerErrorException', message: 'Internal server error' },
  /** It may not invoke the function, or not assume the role that it is to read with. */
  API_CONFIGURATION_ERROR: { status: 500, type: 'InternalServerErrorException', message: 'Internal server error' },
  DEFAULT_5XX: { status: 500, type: 'InternalServerErrorException', message: 'Internal server error' },
} as const

export type GatewayResponseType = keyof typeof defaults
export type GatewayResponses = Readonly<Partial<Record<GatewayResponseType, GatewayResponse>>>

export const gatewayResponse = (
  type: GatewayResponseType,
  responses: GatewayResponses,
): {
  readonly status: number
  readonly type: string
  readonly headers: Record<string, string>
  readonly body: string
} => {
  const own = defaults[type]
  const custom = responses[type] ?? {}
  return {
    status: custom.status ?? own.status,
    type: own.type,
    headers: { ...custom.headers },
    body: custom.body ?? JSON.stringify({ message: own.message }),
  }
}
