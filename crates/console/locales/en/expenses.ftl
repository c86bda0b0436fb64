### Available expenses, the list and one of them.

expenses-title = Available expenses
expenses-title-hidden = Hidden expenses
expenses-lead = What merchants and apps have sent you.
expenses-lead-hidden = What you have put out of sight. Nothing is lost: each can be shown again.
expenses-show-hidden = Show hidden expenses
expenses-show-others = Back to available expenses
expenses-hidden-now = Hidden:
expenses-shown-now = In your list again:
expenses-undo = Undo
expenses-hide-again = Hide again
expenses-finder = Expenses
expenses-search = Search
expenses-search-hint = Merchant, app, amount, reference, comment
expenses-search-button = Search
expenses-filter = Filter and sort
expenses-filters-on = Filters that are on
expenses-chip = { $label }: { $value }
expenses-remove = Remove the filter
expenses-clear = Clear all filters
expenses-apply = Apply
expenses-any = Any
expenses-receipts = All e-receipts
expenses-quick = All quick expenses
expenses-currency = Currency
expenses-from = From
expenses-until = To
expenses-problems = With problems
expenses-hidden = Hidden ones
expenses-sort = Sort by
expenses-newest = Arrived last
expenses-oldest = Arrived first
expenses-latest = Date, latest first
expenses-earliest = Date, earliest first
expenses-highest = Amount, highest first
expenses-lowest = Amount, lowest first
expenses-a-to-z = Merchant, A to Z
expenses-z-to-a = Merchant, Z to A
expenses-count = { $count ->
    [one] { $count } expense
   *[other] { $count } expenses
}
expenses-list = Your expenses
expenses-merchant = Merchant
expenses-date = Date
expenses-source = Source
expenses-type = Type
expenses-amount = Amount
expenses-picture-alt = Receipt picture
expenses-pages = Pages of the list
expenses-previous = Previous
expenses-next = Next
expenses-nothing-title = Nothing found
expenses-nothing-lead = No expense has all that you are looking for. Try fewer words, or fewer filters.
expenses-none-hidden = You have not hidden any expense.
expenses-empty-title = No expenses yet
expenses-empty-lead = E-receipts appear here by themselves, usually within seconds, once an app that you have connected sends one.
expenses-empty-hint-app = Buy from a merchant or book with an app that is connected to your company's account.
expenses-empty-hint-missing = If a receipt is missing, ask the merchant whether it was sent to you or to somebody else.
expenses-none-here = There are no expenses on this page of the list.
expenses-first-page = Go to your expenses

expense-no-merchant = Merchant not stated
expense-back = Available expenses
expense-picture-alt = Receipt from { $merchant }
expense-view = View
expense-download = Download
expense-twin = Possible duplicate
expense-sums-differ = Does not add up
expense-hidden = Hidden
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
quick-expense-no-picture = The picture that came with it is not ready yet, or could not be read.
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

own-title = Your details
own-comment = Comment
own-comment-hint = Why, with whom, for what. Up to 2,000 characters.
own-save = Save
own-hide = Hide this expense
own-hide-hint = It leaves your list and stays among the hidden ones.
own-show = Show it again
own-show-hint = You have hidden this expense.
own-changes = Your changes
own-changed-type = Expense type changed
own-changed-comment = Comment changed
own-removed-comment = Comment removed
own-hid = Hidden
own-showed = Shown again
own-was = From
own-became = To
own-none = nothing
own-overtaken = Not saved: this was changed in the meantime, perhaps in another window.
own-overtaken-advice = Below is what you typed; save again to put it in the place of what is stored:

problems-title = Please check
sums-total = Subtotal, taxes and discounts do not make the total
sums-line-items = The line items do not make the subtotal
sums-payments = The payments do not make the total
sums-subtotal = Subtotal
sums-taxes = Taxes
sums-discounts = Discounts
sums-line-items-of = { $count ->
    [one] One line item
   *[other] { $count } line items
}
sums-payments-of = { $count ->
    [one] One payment
   *[other] { $count } payments
}
sums-sum = Sum
sums-stated-total = Total on the receipt
sums-stated-subtotal = Subtotal on the receipt
sums-difference = Difference
twins-title = Possible duplicate
twins-hidden-title = You have hidden a duplicate of this
twins-lead = Same reference, amount and day, from the same app:

viewer-back = Back to the expense
viewer-pages = Pages
viewer-page = Page { $page } of { $pages }
viewer-previous = Previous page
viewer-next = Next page
viewer-zoom = Size
viewer-smaller = Smaller
viewer-larger = Larger
viewer-fit = Fit to width
viewer-actual = Actual size
viewer-percent = { $percent } %
viewer-undrawable = This document cannot be shown here. You can download it as it came.
