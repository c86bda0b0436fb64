### Available expenses, the list and one of them.

expenses-title = Available expenses
expenses-lead = What merchants and apps have sent you, newest first.
expenses-count = { $count ->
    [one] { $count } expense
   *[other] { $count } expenses
}
expenses-totals = Totals by currency
expenses-list = Your available expenses
expenses-merchant = Merchant
expenses-date = Date
expenses-source = Source
expenses-type = Type
expenses-amount = Amount
expenses-picture-alt = Receipt picture
expenses-pages = Pages of the list
expenses-newer = Newer
expenses-older = Older
expenses-empty-title = No expenses yet
expenses-empty-lead = E-receipts appear here by themselves, usually within seconds, once an app that you have connected sends one.
expenses-empty-hint-app = Buy from a merchant or book with an app that is connected to your company's account.
expenses-empty-hint-missing = If a receipt is missing, ask the merchant whether it was sent to you or to somebody else.
expenses-none-here = There are no expenses on this page of the list.
expenses-first-page = Go to the newest expenses

expense-no-merchant = Merchant not stated
expense-back = Available expenses
expense-picture-alt = Receipt from { $merchant }
expense-open-pdf = Open as PDF
expense-no-picture = The picture of this receipt is not ready yet. Reload the page in a moment.
expense-no-picture-failed = There is no picture of this receipt, because it could not be processed.
expense-receipt = Receipt
expense-facts = Facts
expense-merchant = Merchant
expense-address = Address
expense-date = Date
expense-amount = Amount
expense-type = Expense type
expense-source = Source
expense-reference = Reference
expense-received = Received
expense-receipt-id = Receipt id
expense-log = Processing
expense-log-empty = Nothing has happened to this receipt yet.
expense-json = JSON behind this receipt
expense-json-lead = Laid out for reading; names, order and numbers are as they were sent.
expense-json-region = Receipt JSON

state-accepted = Received
state-processing = Processing
state-processed = Processed
state-failed = Not processed

log-debug = Debug
log-info = Info
log-warning = Warning
log-error = Error

quick-expense = Quick expense
quick-expense-location = Location
quick-expense-payment = Paid with
quick-expense-comment = Comment
quick-expense-details = Details
quick-expense-id = Quick expense id
quick-expense-json = JSON behind this expense
quick-expense-json-region = Expense JSON
payment-cash = Cash
payment-company = Company paid
payment-card = Pending card transaction
