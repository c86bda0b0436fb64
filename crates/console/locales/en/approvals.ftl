### What approvers decide on.

approvals-title = Approvals
approvals-lead = What people at your company submit for your decision.
approvals-none = Nothing waits for you
approvals-none-lead = Reports and requests will stand here as soon as somebody submits one to you.
