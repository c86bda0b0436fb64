-- Quick expenses are available expenses too, and what an expense was for has a name.
ALTER TABLE expense_available DROP CONSTRAINT expense_available_source_check;
ALTER TABLE expense_available ADD CONSTRAINT expense_available_source_check
    CHECK (source IN ('receipt', 'quick_expense'));
-- As the company called the type when the expense came.
ALTER TABLE expense_available ADD COLUMN expense_type_name TEXT NOT NULL DEFAULT 'Undefined';
